import type { ClauseId } from '@holdfast/sender-constraint'

/** What configuration is read with: each refuses what it is not, naming key, value and what is allowed. */

export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly key: string
  readonly value: unknown
  readonly allowed: string
  /** Where a specification says so. */
  readonly clause: ClauseId | undefined

  // Four parameters: key, value and what is allowed are one sentence, and the clause is its source.
  constructor(key: string, value: unknown, allowed: string, clause?: ClauseId) {
    const source = clause === undefined ? '' : ` (${clause})`
    super(`${key}: ${JSON.stringify(value) ?? 'nothing'} is refused; allowed: ${allowed}${source}`)
    this.key = key
    this.value = value
    this.allowed = allowed
    this.clause = clause
  }
}

export function members(
  key: string,
  value: unknown,
  known: readonly string[],
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ConfigurationError(key, value, `an object with ${known.join(', ')}`)
  for (const [name, member] of Object.entries(value))
    if (!known.includes(name))
      throw new ConfigurationError(
        key === 'configuration' ? name : `${key}.${name}`,
        member,
        `no such key; known are ${known.join(', ')}`,
      )
  return { ...value }
}

export function oneOf<T extends string>(key: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value)
  if (found === undefined) throw new ConfigurationError(key, value, allowed.join(' or '))
  return found
}

interface Range {
  readonly least: number
  readonly most: number
  /** Of what it is a number. */
  readonly of: string
  readonly clause?: ClauseId | undefined
}

export function wholeNumber(
  key: string,
  value: unknown,
  { least, most, of, clause }: Range,
): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most)
    throw new ConfigurationError(key, value, `whole ${of} from ${least} to ${most}`, clause)
  return value
}

export const seconds = (
  key: string,
  value: unknown,
  { most, clause }: { readonly most: number; readonly clause?: ClauseId },
): number => wholeNumber(key, value, { least: 1, most, of: 'seconds', clause })
