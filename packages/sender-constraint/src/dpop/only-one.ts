import type { CheckOf } from '../row.ts'

export const onlyOne: CheckOf<'dpop'> = ({ dpop }) =>
  dpop.count > 1 ? { expected: 'one DPoP field', actual: `${dpop.count}` } : undefined
