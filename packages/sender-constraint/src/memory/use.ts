import { acceptableUntil } from '../dpop/time.ts'
import type { Facts } from '../facts.ts'
import { sha256 } from '../jose/hash.ts'
import type { Policy } from '../policy.ts'

/** One use of a proof, as a memory of used proofs is told of it. */
export interface ProofUse {
  readonly key: string
  /** Whose quota it counts against: the thumbprint of the proof's key. */
  readonly owner: string
  /** Milliseconds since the epoch: see `acceptableUntil`. */
  readonly until: number
  /** The generation in whose `since` the decision trusts, where one is known. */
  readonly generation?: string
  /** RFC 9449 §11.3: good only of a client that has not been given a nonce. */
  readonly withoutNonce: boolean
}

/**
 * What must not be used twice: the `jti` in the context of the target URI (RFC 9449 §11.1), and of
 * the key, so that nobody can burn another's.
 *
 * @param server distinguishes the servers that share a memory
 * @returns `undefined`: no proof, or none with a key
 */
export function proofUse(
  server: string,
  { request, dpop, memory }: Facts,
  policy: Policy,
): ProofUse | undefined {
  const proof = dpop?.proof?.form === 'proof' ? dpop.proof : undefined
  const thumbprint = proof?.header.thumbprint
  if (!proof || thumbprint === undefined) return undefined
  return {
    key: sha256(JSON.stringify([server, request.uri, thumbprint, proof.jws.claims['jti']])),
    owner: thumbprint,
    until: acceptableUntil(proof, policy),
    withoutNonce: proof.nonce.state === 'absent',
    // If the memory has begun another life since we looked, what we decided on is not true of it.
    ...(memory.generation !== undefined && { generation: memory.generation }),
  }
}
