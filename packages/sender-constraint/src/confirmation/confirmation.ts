import { isSha256 } from '../parse/base64url.ts'
import { isObject } from '../parse/json.ts'

/** The confirmation methods in `cnf` that we know. A well-formed `cnf` may hold neither. */
export interface Confirmation {
  /** RFC 9449 §6.1: thumbprint of the key that signs the proofs. */
  readonly jkt?: string
  /** RFC 8705 §3.1: thumbprint of the client certificate. */
  readonly x5t?: string
  /** What is not as it should be, where something is: all of `cnf`, or one of its members. */
  readonly malformed?: 'cnf' | 'jkt' | 'x5t#S256'
}

/** Unknown members are ignored (RFC 7800 §3.1); a known one that is malformed is not. */
export function parseConfirmation(cnf: unknown): Confirmation {
  if (cnf === undefined) return {}
  if (!isObject(cnf)) return { malformed: 'cnf' }
  const { jkt, 'x5t#S256': x5t } = cnf
  if (jkt !== undefined && !isSha256(jkt)) return { malformed: 'jkt' }
  if (x5t !== undefined && !isSha256(x5t)) return { malformed: 'x5t#S256' }
  return { ...(jkt !== undefined && { jkt }), ...(x5t !== undefined && { x5t }) }
}
