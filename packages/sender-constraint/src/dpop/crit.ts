import { type CheckOf, quote } from '../row.ts'

// We understand no extension, so any `crit` is one too many.
export const crit: CheckOf<'proof'> = ({ dpop }) =>
  'crit' in dpop.proof.jws.header
    ? { expected: 'no crit', actual: quote(dpop.proof.jws.header['crit']) }
    : undefined
