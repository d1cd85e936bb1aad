import type { CheckOf } from '../row.ts'

const LEAST_BITS = 2048

// EC and OKP keys have the size of their curve, and the algorithm fixes that.
export const keySize: CheckOf<'proof'> = ({ dpop }) => {
  const bits = dpop.proof.header.key?.bits
  return bits !== undefined && bits < LEAST_BITS
    ? { expected: `${LEAST_BITS} bits or more`, actual: `${bits}` }
    : undefined
}
