import { type CheckOf, quote } from '../row.ts'

/** Seconds. */
const FURTHEST = 60

// A nonce excuses a client whose clock is behind. It does not excuse a date in the future.
export const datedAhead: CheckOf<'proof'> = ({ dpop, now }) => {
  const { iat, nbf } = dpop.proof.jws.claims
  const wrong = [iat, nbf].find((date) => typeof date === 'number' && date > now / 1000 + FURTHEST)
  return wrong === undefined
    ? undefined
    : { expected: `a date of at most ${FURTHEST} s ahead`, actual: quote(wrong) }
}
