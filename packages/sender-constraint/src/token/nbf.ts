import { type CheckOf, quote } from '../row.ts'

// iat as well: a token from the future was made by a clock that we cannot trust with exp either.
export const nbf: CheckOf<'token'> = ({ token, now }, { tokenAhead }) => {
  const latest = now / 1000 + tokenAhead
  for (const name of ['nbf', 'iat']) {
    const value = token.claims[name]
    if (value !== undefined && !(typeof value === 'number' && value <= latest))
      return { expected: `${name} not after ${Math.floor(latest)}`, actual: quote(value) }
  }
  return undefined
}
