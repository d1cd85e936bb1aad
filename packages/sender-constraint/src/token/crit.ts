import { type CheckOf, quote } from '../row.ts'

// We understand no extension, so any `crit` is one too many.
export const crit: CheckOf<'jwt'> = ({ token }) =>
  'crit' in token.jws.header
    ? { expected: 'no crit', actual: quote(token.jws.header['crit']) }
    : undefined
