import { type CheckOf, quote } from '../row.ts'

/** Characters. A jti has no need to be longer, and we must remember it. */
const LONGEST_JTI = 256
const STRINGS = ['jti', 'htm', 'htu']

export const claims: CheckOf<'proof'> = ({ dpop }) => {
  const { claims: present } = dpop.proof.jws
  const wrong = STRINGS.find((name) => typeof present[name] !== 'string' || present[name] === '')
  if (wrong) return { expected: `a string ${wrong}`, actual: quote(present[wrong]) }
  if (!Number.isFinite(present['iat']))
    return { expected: 'a number iat', actual: quote(present['iat']) }
  return String(present['jti']).length > LONGEST_JTI
    ? { expected: `a jti of at most ${LONGEST_JTI} characters`, actual: quote(present['jti']) }
    : undefined
}
