import type { Claims } from '../parse/json.ts'
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

/** The three segments of the compact serialization, not yet decoded. */
export interface Segments {
  readonly header: string
  readonly payload: string
  readonly signature: string
  /** The first two, as they were sent. */
  readonly signingInput: string
}

/** @returns what is wrong with the text, in a few words, where it cannot be read */
export function parseJws(text: string, longest: number): Jws | string {
  const segments = splitJws(text, longest)
  if (typeof segments === 'string') return segments
  return readJws(segments, readObject(segments.header))
}

export function splitJws(text: string, longest: number): Segments | string {
  if (text.length > longest) return `longer than ${longest} characters`
  const segments = text.split('.')
  const [header, payload, signature] = segments
  if (segments.length !== 3 || !header || !payload || signature === undefined)
    return `${segments.length} segments where a compact JWS has 3`
  const signingInput = text.slice(0, header.length + 1 + payload.length)
  return { header, payload, signature, signingInput }
}

/** @param header the decoded first segment; who has seen it before need not decode it again */
export function readJws(segments: Segments, header: Claims | undefined): Jws | string {
  if (!header) return `the header ${MALFORMED}`
  const claims = readObject(segments.payload)
  if (!claims) return `the payload ${MALFORMED}`
  const { signingInput } = segments
  const signature =
    segments.signature === '' ? Buffer.alloc(0) : decodeBase64url(segments.signature)
  if (!signature) return 'the signature is not canonical base64url'
  return { header, claims, signingInput, signature }
}

const MALFORMED = 'is not canonical base64url of a JSON object with distinct members'

/** A JSON object in base64url. */
export function readObject(segment: string): Claims | undefined {
  const bytes = decodeBase64url(segment)
  return bytes && parseJsonObject(bytes)
}
