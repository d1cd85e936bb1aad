import type { Claims } from '../facts.ts'
import { decodeBase64url } from '../parse/base64url.ts'
import { parseJsonObject } from '../parse/json.ts'

/** A JWS in compact serialization whose payload is a JSON object (RFC 7515 §3.1, RFC 7519 §7.2). */
export interface Jws {
  readonly header: Claims
  readonly claims: Claims
  /** ASCII(header '.' payload), as it was sent. */
  readonly signingInput: string
  /** Empty where the third segment is: an unsecured JWT is read, and refused by its `alg`. */
  readonly signature: Uint8Array
}

/** @returns what is wrong with the text, in a few words, where it cannot be read */
export function parseJws(text: string, longest: number): Jws | string {
  if (text.length > longest) return `longer than ${longest} characters`
  const segments = text.split('.')
  const [first, second, third] = segments
  if (segments.length !== 3 || !first || !second || third === undefined)
    return `${segments.length} segments where a compact JWS has 3`

  const [header, payload] = [decodeBase64url(first), decodeBase64url(second)]
  const signature = third === '' ? Buffer.alloc(0) : decodeBase64url(third)
  if (!header || !payload || !signature) return 'a segment is not canonical base64url'

  const [parameters, claims] = [parseJsonObject(header), parseJsonObject(payload)]
  if (!parameters) return 'the header is not a JSON object with distinct members'
  if (!claims) return 'the payload is not a JSON object with distinct members'
  return { header: parameters, claims, signingInput: `${first}.${second}`, signature }
}
