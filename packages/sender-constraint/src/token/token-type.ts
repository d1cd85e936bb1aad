import { type CheckOf, quote } from '../row.ts'

export const tokenType: CheckOf<'opaque'> = ({ token }) => {
  const value = token.claims['token_type']
  if (value === undefined) return undefined
  const expected = token.confirmation.jkt === undefined ? 'Bearer' : 'DPoP'
  return typeof value === 'string' && value.toLowerCase() === expected.toLowerCase()
    ? undefined
    : { expected, actual: quote(value) }
}
