import type { CheckOf } from '../row.ts'

export const nonce: CheckOf<'proof'> = ({ dpop }) => {
  const { state } = dpop.proof.nonce
  return state === 'absent' || state === 'fresh'
    ? undefined
    : { expected: 'a nonce that this server issued and that has not expired', actual: state }
}

export const nonceRequired: CheckOf<'proof'> = ({ dpop }, policy) =>
  policy.nonce === 'required' && dpop.proof.nonce.state === 'absent'
    ? { expected: 'a nonce', actual: 'none' }
    : undefined
