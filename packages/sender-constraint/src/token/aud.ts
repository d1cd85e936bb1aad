import { type CheckOf, quote } from '../row.ts'

export const aud: CheckOf<'token'> = ({ token }, { audience }) => {
  const value = token.claims['aud']
  const audiences: readonly unknown[] = Array.isArray(value) ? value : [value]
  return audiences.includes(audience) ? undefined : { expected: audience, actual: quote(value) }
}
