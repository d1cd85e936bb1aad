import type { CheckOf } from '../row.ts'

export const readable: CheckOf<'dpop'> = ({ dpop }) =>
  dpop.proof?.form === 'unreadable'
    ? { expected: 'a compact JWS with JSON claims', actual: dpop.proof.reason }
    : undefined
