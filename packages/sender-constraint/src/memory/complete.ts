import { type CheckOf, quote } from '../row.ts'

/**
 * A proof accepted on its `iat` alone must have been made when the memory was already complete,
 * even if it was dated ahead; otherwise it may have been used before a restart. The client is asked
 * for a nonce of the present generation instead, and is served on its second try.
 */
export const complete: CheckOf<'proof'> = ({ dpop, memory }, { proofWindow, clockMargin }) => {
  if (dpop.proof.nonce.state === 'fresh') return undefined
  const from = memory.since / 1000 + proofWindow.ahead + clockMargin
  const { iat } = dpop.proof.jws.claims
  return typeof iat === 'number' && iat > from
    ? undefined
    : { expected: `iat after ${Math.floor(from)}, or a nonce`, actual: quote(iat) }
}
