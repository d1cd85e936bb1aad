/**
 * base64url without padding (RFC 7515 §2), in its one canonical form: a value that ends in stray
 * bits decodes to the same bytes as another text, and two texts for one signature is how a revoked
 * token comes back.
 */
const ALPHABET = /^[A-Za-z0-9_-]+$/
const FREE_OF_4_BITS = /[AQgw]$/
const FREE_OF_2_BITS = /[AEIMQUYcgkosw048]$/

/** `undefined` for anything but canonical, non-empty base64url. */
export function decodeBase64url(text: string): Buffer | undefined {
  return isBase64url(text) ? Buffer.from(text, 'base64url') : undefined
}

function isBase64url(text: string): boolean {
  if (!ALPHABET.test(text)) return false
  if (text.length % 4 === 0) return true
  if (text.length % 4 === 2) return FREE_OF_4_BITS.test(text)
  return text.length % 4 === 3 && FREE_OF_2_BITS.test(text)
}

/** A base64url-encoded SHA-256 value: 32 bytes in 43 characters. */
export const isSha256 = (value: unknown): value is string =>
  typeof value === 'string' && value.length === 43 && isBase64url(value)
