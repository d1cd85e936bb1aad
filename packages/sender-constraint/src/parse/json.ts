/** The members of a JSON object: JOSE header parameters, claims, an introspection response. */
export type Claims = { readonly [name: string]: unknown }

// `ignoreBOM` keeps a byte order mark, which JSON.parse then refuses: one text, one reading.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** Levels. Nothing that we read has more than a few, and JSON.stringify dies of some thousands. */
const DEEPEST = 32
const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a]

/**
 * A JSON object in which no member name stands twice (RFC 7519 §4): of two equal names one parser
 * reads the first, another the last, and an attacker the difference. `undefined` for anything else,
 * and for an object nested deeper than `DEEPEST`.
 */
export function parseJsonObject(bytes: Uint8Array): Claims | undefined {
  try {
    const text = utf8.decode(bytes)
    const value: unknown = JSON.parse(text)
    if (!isObject(value)) return undefined
    return countMembers(value) === countNames(text) ? value : undefined
  } catch {
    return undefined // not UTF-8, or not JSON: both are refused as unreadable
  }
}

export const isObject = (value: unknown): value is Claims =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

// In valid JSON a colon that stands in no string follows a member name. Equal names leave fewer
// members behind.
function countNames(text: string): number {
  let names = 0
  let inString = false
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === QUOTE) inString = !inString
    else if (code === BACKSLASH) index += 1
    else if (code === COLON && !inString) names += 1
  }
  return names
}

// Level by level. `undefined` where there are too many.
function countMembers(root: object): number | undefined {
  let members = 0
  let level = [root]
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > DEEPEST) return undefined
    const below: object[] = []
    for (const value of level) {
      const inside: readonly unknown[] = Object.values(value)
      if (!Array.isArray(value)) members += inside.length
      for (const item of inside) if (typeof item === 'object' && item !== null) below.push(item)
    }
    level = below
  }
  return members
}
