import type { Proof } from '../facts.ts'
import type { Claims } from '../parse/json.ts'
import type { Policy } from '../policy.ts'
import { type CheckOf, type Mismatch, quote } from '../row.ts'

/**
 * When was the proof made? A nonce of ours inside answers that by our own clock, so that a client
 * whose clock is wrong can still be served (RFC 9449 §8, §11.1); else `iat` must say it.
 */
export const time: CheckOf<'proof'> = ({ dpop, now }, policy) => {
  const { claims } = dpop.proof.jws
  const byNonce = dpop.proof.nonce.state === 'fresh'
  return (byNonce ? undefined : issuedNow(claims, now, policy)) ?? inForce(claims, now, policy)
}

function issuedNow(claims: Claims, now: number, { proofWindow }: Policy): Mismatch | undefined {
  const [earliest, latest] = [now / 1000 - proofWindow.past, now / 1000 + proofWindow.ahead]
  const iat = claims['iat']
  return typeof iat === 'number' && earliest <= iat && iat <= latest
    ? undefined
    : { expected: `iat from ${Math.floor(earliest)} to ${Math.floor(latest)}`, actual: quote(iat) }
}

// A proof need not have exp and nbf; where it has them, they mean what they say (RFC 7519 §4.1).
function inForce({ exp, nbf }: Claims, now: number, { proofWindow }: Policy): Mismatch | undefined {
  if (exp !== undefined && !(typeof exp === 'number' && now < exp * 1000))
    return { expected: 'an exp to come', actual: quote(exp) }
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= now / 1000 + proofWindow.ahead))
    return { expected: 'an nbf that has passed', actual: quote(nbf) }
  return undefined
}

/**
 * Milliseconds since the epoch: the last instant at which any row could accept this proof again.
 * A nonce inside decides alone: when it has expired the proof is refused, whatever its iat, which
 * the client may have set to the year 9999 so that we remember it until then.
 */
export function acceptableUntil({ jws, nonce }: Proof, policy: Policy): number {
  const margin = policy.clockMargin * 1000
  if (nonce.state === 'fresh') return nonce.expiresAt + margin
  return (Number(jws.claims['iat']) + policy.proofWindow.past) * 1000 + margin
}
