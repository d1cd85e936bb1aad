import type { Claims } from '../facts.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })
const STRINGS = /"(?:[^"\\]|\\.)*"(\s*:)?/g

/**
 * A JSON object in which no member name stands twice (RFC 7519 §4): of two equal names one parser
 * reads the first, another the last, and an attacker the difference. `undefined` for anything else.
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

// In valid JSON a string before a colon is a member name. Equal names leave fewer members behind.
function countNames(text: string): number {
  let names = 0
  for (const [, colon] of text.matchAll(STRINGS)) if (colon) names += 1
  return names
}

function countMembers(root: object): number {
  let members = 0
  const open: unknown[] = [root]
  while (open.length > 0) {
    const value = open.pop()
    if (typeof value !== 'object' || value === null) continue
    const inside = Object.values(value)
    if (!Array.isArray(value)) members += inside.length
    for (const item of inside) if (typeof item === 'object') open.push(item)
  }
  return members
}
