import type { Check } from '../row.ts'

export const issuerAvailable: Check = ({ token }) =>
  token?.form === 'unavailable'
    ? { expected: 'an answer from the issuer', actual: token.reason }
    : undefined

export const readable: Check = ({ token }) =>
  token?.form === 'unreadable'
    ? { expected: 'a compact JWS with JSON claims', actual: token.reason }
    : undefined
