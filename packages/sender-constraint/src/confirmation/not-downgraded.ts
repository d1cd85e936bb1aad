import type { CheckOf } from '../row.ts'

export const notDowngraded: CheckOf<'token'> = ({ credentials, token }) =>
  credentials.form === 'token' &&
  credentials.scheme === 'Bearer' &&
  token.confirmation.jkt !== undefined
    ? { expected: 'the scheme DPoP', actual: 'Bearer' }
    : undefined
