import { GOOD_SIZE, isOfGoodSize } from '../jose/key-size.ts'
import type { CheckOf } from '../row.ts'

export const keySize: CheckOf<'proof'> = ({ dpop }) => {
  const { key } = dpop.proof.header
  return key && !isOfGoodSize(key)
    ? { expected: GOOD_SIZE, actual: `${key.bits} bits, an exponent of ${key.exponentBits}` }
    : undefined
}
