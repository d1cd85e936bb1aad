import type { CheckOf } from '../row.ts'

export const x5tS256: CheckOf<'token'> = ({ token, certificate }) => {
  const expected = token.confirmation.x5t
  if (expected === undefined) return undefined
  if (!certificate) return { expected, actual: 'no client certificate' }
  return certificate.thumbprint === expected
    ? undefined
    : { expected, actual: certificate.thumbprint }
}
