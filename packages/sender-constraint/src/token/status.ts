import type { CheckOf } from '../row.ts'

export const statusAvailable: CheckOf<'jwt'> = ({ token }) =>
  token.status === 'stale'
    ? { expected: 'a status list that is still good', actual: 'none can be had' }
    : undefined

// A status that nobody looked at is none. One that is known counts whatever the policy: there is no
// route for which a revoked token is good.
export const status: CheckOf<'jwt'> = ({ token }, policy) => {
  const known = token.status ?? 'absent'
  if (known === 'valid' || (known === 'absent' && policy.status !== 'required')) return undefined
  return { expected: 'the status valid', actual: known }
}
