import { normaliseUri } from '../parse/uri.ts'
import { type CheckOf, quote } from '../row.ts'

export const htu: CheckOf<'proof'> = ({ dpop, request }) => {
  const value = dpop.proof.jws.claims['htu']
  const { uri } = request
  return typeof value === 'string' && uri !== undefined && isSame(value, uri)
    ? undefined
    : { expected: uri ?? 'a URI', actual: quote(value) }
}

// A client that writes the URI in its normal form, as most do, needs no normalising.
const isSame = (value: string, normal: string): boolean =>
  value === normal || normaliseUri(value) === normal
