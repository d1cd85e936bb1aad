/** What every setting is held against. They come from JavaScript as well, so nothing is believed. */
import { normaliseUri } from '@holdfast/sender-constraint'

/** A setting that cannot be met, or that is weaker than the profile. Thrown when the route is made. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError'
  readonly key: string
  constructor(key: string, value: unknown, allowed: string) {
    super(`protect: ${key} is ${told(value)}; allowed: ${allowed}`)
    this.key = key
  }
}

// What JSON cannot say (a function, a circle, a bigint) is told by its type.
function told(value: unknown): string {
  try {
    return JSON.stringify(value) ?? typeof value
  } catch {
    return typeof value
  }
}

/** A misspelt setting would be one that is not there: what it should have asked, nobody asks. */
export function onlyKnown(
  options: object,
  known: { readonly [key: string]: true },
  prefix = '',
): void {
  const unknown = Object.keys(options).find((key) => !Object.hasOwn(known, key))
  if (unknown !== undefined)
    throw new PolicyError(prefix + unknown, 'unknown', `only ${Object.keys(known).join(', ')}`)
}

/** An https URL that is its own normal form, so that comparing needs no more normalising. */
export function https(key: string, value: unknown): string {
  const normal = typeof value === 'string' ? normaliseUri(value) : undefined
  if (
    typeof value !== 'string' ||
    !value.startsWith('https://') ||
    (normal !== value && normal !== `${value}/`)
  )
    throw new PolicyError(key, value, 'a normalised https URL without query and fragment')
  return value
}

export function oneOf<const T extends string>(key: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value)) throw new PolicyError(key, value, allowed.join(', '))
  return value
}

/** @param fits holds for every member; `allowed` says so */
export function list<T>(
  key: string,
  values: readonly T[],
  { fits, allowed }: { readonly fits?: (value: T) => boolean; readonly allowed?: string } = {},
): readonly T[] {
  if (!Array.isArray(values)) throw new PolicyError(key, values, 'a list')
  const wrong = fits ? [...values].findIndex((value) => !fits(value)) : -1
  if (wrong >= 0) throw new PolicyError(key, values[wrong], allowed ?? 'a list')
  return values
}

/** A list without repetitions. */
export function oneOrMore<T extends string>(
  key: string,
  values: readonly T[],
  allowed: readonly T[],
): readonly [T, ...T[]] {
  const [first, ...more] = Array.isArray(values) ? new Set(values) : []
  if (first === undefined || ![first, ...more].every((value) => allowed.includes(value)))
    throw new PolicyError(key, values, `one or more of ${allowed.join(', ')}`)
  return [first, ...more]
}

/** @param unit of the number, for the message */
export function between(
  key: string,
  value: number,
  [least, most, unit = 'seconds']: readonly [least: number, most: number, unit?: string],
): number {
  if (!(typeof value === 'number' && value >= least && value <= most))
    throw new PolicyError(key, value, `${least} to ${most} ${unit}`)
  return value
}

export function whole(key: string, value: number, range: Parameters<typeof between>[2]): number {
  if (!Number.isInteger(value)) throw new PolicyError(key, value, `whole ${range[2] ?? 'seconds'}`)
  return between(key, value, range)
}

export function yesOrNo(key: string, value: boolean): boolean {
  if (typeof value !== 'boolean') throw new PolicyError(key, value, 'true, false')
  return value
}

/** @param allowed for the message, where there is more to say */
export function aFunction<T>(key: string, value: T, allowed = 'a function'): T {
  if (typeof value !== 'function') throw new PolicyError(key, typeof value, allowed)
  return value
}

/** The name of something: any text but the empty one. */
export function named(key: string, value: string, allowed: string): string {
  if (typeof value !== 'string' || value === '') throw new PolicyError(key, value, allowed)
  return value
}
