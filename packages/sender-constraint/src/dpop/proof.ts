import type { DpopFields, ProofHeader } from '../facts.ts'
import { jwkThumbprint } from '../jose/hash.ts'
import { readJws, readObject, splitJws } from '../jose/jws.ts'
import { importJwk } from '../jose/signature.ts'
import type { NonceReading } from './nonce.ts'

/** Characters. An ML-DSA-87 proof has some ten thousand; nobody needs more. */
const LONGEST_PROOF = 12_288

/** Keeps headers of proofs by their text, so that a key need not be imported for each request. */
export interface ProofHeaders {
  get(segment: string): ProofHeader | undefined
}

/**
 * @param fields the values of every DPoP field, as received: Node joins two of them with a comma
 * @param nonceOf reads the claim `nonce` by this server's secret and clock
 * @param known headers seen before
 */
export function readDpopFields(
  fields: readonly string[],
  nonceOf: (value: unknown) => NonceReading,
  known?: ProofHeaders,
): DpopFields {
  const [first] = fields
  if (first === undefined) return { count: 0 }
  return { count: fields.length, proof: readProof(first, nonceOf, known) }
}

function readProof(
  field: string,
  nonceOf: (value: unknown) => NonceReading,
  known: ProofHeaders | undefined,
): NonNullable<DpopFields['proof']> {
  const segments = splitJws(field, LONGEST_PROOF)
  if (typeof segments === 'string') return { form: 'unreadable', reason: segments }
  const header = known?.get(segments.header) ?? readHeader(segments.header)
  const jws = readJws(segments, header.parameters)
  if (typeof jws === 'string') return { form: 'unreadable', reason: jws }
  return { form: 'proof', jws, header, nonce: nonceOf(jws.claims['nonce']) }
}

function readHeader(segment: string): ProofHeader {
  const parameters = readObject(segment)
  const jwk = parameters?.['jwk']
  return { segment, parameters, key: importJwk(jwk), thumbprint: jwkThumbprint(jwk) }
}
