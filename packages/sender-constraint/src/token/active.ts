import { type CheckOf, quote } from '../row.ts'

export const active: CheckOf<'opaque'> = ({ token }) =>
  token.claims['active'] === true
    ? undefined
    : { expected: 'active: true', actual: `active: ${quote(token.claims['active'])}` }
