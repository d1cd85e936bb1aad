import { type CheckOf, quote } from '../row.ts'

// auth_time from the future is as little worth as an iat from there.
export const maxAge: CheckOf<'token'> = ({ token, now }, { maxAge: most, tokenAhead }) => {
  if (most === undefined) return undefined
  const value = token.claims['auth_time']
  const age = typeof value === 'number' ? now / 1000 - value : NaN
  return age <= most && age >= -tokenAhead
    ? undefined
    : { expected: `auth_time at most ${most} s ago`, actual: quote(value) }
}
