import type { CheckOf } from '../row.ts'

export const presence: CheckOf<'dpop'> = ({ dpop }) =>
  dpop.count === 0 ? { expected: 'a DPoP field', actual: 'none' } : undefined
