import type { CheckOf } from '../row.ts'

export const dpopBound: CheckOf<'token'> = ({ credentials, token }) =>
  credentials.form === 'token' &&
  credentials.scheme === 'DPoP' &&
  token.confirmation.jkt === undefined
    ? { expected: 'a token with cnf.jkt', actual: 'a token without' }
    : undefined
