import { normaliseUri } from '../parse/uri.ts'
import { type CheckOf, quote } from '../row.ts'

export const htu: CheckOf<'proof'> = ({ dpop, request }) => {
  const value = dpop.proof.jws.claims['htu']
  const uri = typeof value === 'string' ? normaliseUri(value) : undefined
  return uri !== undefined && uri === request.uri
    ? undefined
    : { expected: request.uri ?? 'a URI', actual: quote(value) }
}
