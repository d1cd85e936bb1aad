import type { DpopFields, Proof } from '../facts.ts'
import { jwkThumbprint } from '../jose/hash.ts'
import { parseJws } from '../jose/jws.ts'
import { importJwk } from '../jose/signature.ts'
import type { NonceReading } from './nonce.ts'

/** Characters. An ML-DSA-87 proof has some ten thousand; nobody needs more. */
const LONGEST_PROOF = 12_288

/**
 * @param fields the values of every DPoP field, as received: Node joins two of them with a comma
 * @param nonceOf reads the claim `nonce` by this server's secret and clock
 */
export function readDpopFields(
  fields: readonly string[],
  nonceOf: (value: unknown) => NonceReading,
): DpopFields {
  const [first] = fields
  if (first === undefined) return { count: 0 }
  return { count: fields.length, proof: readProof(first, nonceOf) }
}

function readProof(
  field: string,
  nonceOf: (value: unknown) => NonceReading,
): NonNullable<DpopFields['proof']> {
  const jws = parseJws(field, LONGEST_PROOF)
  if (typeof jws === 'string') return { form: 'unreadable', reason: jws }
  const { jwk } = jws.header
  const proof: Proof = {
    form: 'proof',
    jws,
    key: importJwk(jwk),
    thumbprint: jwkThumbprint(jwk),
    nonce: nonceOf(jws.claims['nonce']),
  }
  return proof
}
