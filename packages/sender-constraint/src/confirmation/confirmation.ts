import { isSha256 } from '../parse/base64url.ts'
import { isObject } from '../parse/json.ts'

/** The confirmation methods in `cnf` that we know. A well-formed `cnf` may hold neither. */
export interface Confirmation {
  /** RFC 9449 §6.1: thumbprint of the key that signs the proofs. */
  readonly jkt?: string
  /** RFC 8705 §3.1: thumbprint of the client certificate. */
  readonly x5t?: string
  /** What is wrong with `cnf`, where something is. */
  readonly malformed?: string
}

/** Unknown members are ignored (RFC 7800 §3.1); a known one that is malformed is not. */
export function parseConfirmation(cnf: unknown): Confirmation {
  if (cnf === undefined) return {}
  if (!isObject(cnf)) return { malformed: 'cnf is not an object' }
  const { jkt, 'x5t#S256': x5t } = cnf
  if (jkt !== undefined && !isSha256(jkt)) return { malformed: 'jkt is not a SHA-256 thumbprint' }
  if (x5t !== undefined && !isSha256(x5t))
    return { malformed: 'x5t#S256 is not a SHA-256 thumbprint' }
  return { ...(jkt !== undefined && { jkt }), ...(x5t !== undefined && { x5t }) }
}
