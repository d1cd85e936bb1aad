/** Text and JSON that mean something to somebody: to the language, to JOSE, to HTTP, to us. */
import type { Random } from './random.ts'

// oxfmt-ignore
const WORDS = [
  '', ' ', '.', '..', ',', '=', '"', '\\', '%', '%00', '\t', '\u0000', '\u007F', '\u00A0', '\u00FF', '\uFEFF',
  'constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty', 'toJSON', 'then', 'length', 'null',
  'DPoP', 'Bearer', 'Basic', 'dpop+jwt', 'JWT', 'none', 'ES256', 'HS256', 'RS256', 'kty', 'oct', 'EC', 'P-256',
  'https://rs.example', 'https://rs.example/accounts/', 'http://rs.example/accounts', 'GET\r\n', 'get', 'POST',
  '\uD800', '\uDFFF', '\u{1F600}', '\u0430ccounts', 'DP\u043EP', '\u202E', '\u0301', 'e30', 'e30.e30.e30', '{}',
] as const

const ALPHABET = 'ABCZabcz0189-_.=+/,;:@"\\ \t%{}[]\u00E9\u0416\u{1F600}'

export const word = (random: Random): string => random.pick(WORDS)

export const text = (random: Random): string =>
  random
    .times(40, () =>
      random.below(4) ? ALPHABET.charAt(random.below(ALPHABET.length)) : word(random),
    )
    .join('')

// oxfmt-ignore
const NUMBERS = [0, -0, 1, -1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e300, -1e300, 5e-324, 1e12] as const

/** Any JSON value; none of them is right where a proof or a token wants something. */
export function json(random: Random, depth = 3): unknown {
  const kind = random.below(depth > 0 ? 8 : 5)
  if (kind === 0) return null
  if (kind === 1) return random.below(2) === 1
  if (kind === 2) return random.pick(NUMBERS)
  if (kind <= 4) return random.below(2) ? word(random) : text(random)
  if (kind === 5) return random.times(3, () => json(random, depth - 1))
  const members = random.times(4, () => [word(random), json(random, depth - 1)] as const)
  return Object.fromEntries(members)
}

/** A value that is no string. */
export function notText(random: Random): unknown {
  const value = json(random)
  return typeof value === 'string' ? { value } : value
}

/** Brackets in brackets. */
export function nested(random: Random): string {
  const depth = random.pick([2, 10, 100, 1_000, 3_000])
  return random.below(2)
    ? `${'['.repeat(depth)}${']'.repeat(depth)}`
    : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
}

/** Documents that are no JSON object, or one that two parsers read in two ways. */
export function notQuiteJson(random: Random, good: string): string | Uint8Array {
  const at = 1 + random.below(good.length - 1)
  return random.pick<() => string | Uint8Array>([
    () => good.slice(0, at),
    () => Buffer.from(good, 'utf16le'),
    () => Buffer.concat([Buffer.from(good.slice(0, -2)), Buffer.of(0xc3, 0x28, 0x22, 0x7d)]),
    () => `[${good}]`,
    () => `\uFEFF${good}`,
    () => JSON.stringify(good),
    () => good.replace('}', ',}'),
    () => `${good}${good}`,
    () => `/**/${good}`,
    () => good.replaceAll('"', "'"),
    () => good.replace('{', `{${good.slice(1, good.indexOf(','))},`), // its first member twice
    () =>
      good.replace(
        /^\{"(.)/,
        (_, first: string) => `{"${escaped(first)}${good.slice(3, good.indexOf(','))},"${first}`,
      ),
    () => JSON.stringify(json(random)),
    () => '',
  ])()
}

/** The same character of JSON, spelled otherwise. */
const escaped = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
