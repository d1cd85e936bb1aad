import { errors } from 'oidc-provider'
import type { Algorithm } from '../vocabulary/algorithms.ts'
import { decidedOn } from './decided.ts'

/**
 * FAPI2SP-5.4.1-1, for the DPoP key that a token is about to be bound to. Our rows, which come before
 * the client is known, let through what any client may use.
 *
 * @throws errors.InvalidDpopProof
 */
export function refuseProofSignedBeyond(algorithms: readonly Algorithm[], ctx: object): void {
  const proof = decidedOn(ctx)?.proof
  if (!proof) return
  const { alg } = proof.jws.header
  const name = alg === 'Ed25519' ? 'EdDSA' : alg // RFC 9864's name for it
  if (!algorithms.some((allowed) => allowed === name))
    throw new errors.InvalidDpopProof(`alg of the DPoP proof is none of ${algorithms.join(', ')}`)
}
