import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { isObject } from '../parse/json.ts'

type ProfileAlgorithm = 'ES256' | 'PS256' | 'EdDSA' | 'Ed25519'
type PostQuantumAlgorithm = 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87'

/** Every signature algorithm that we know; a policy names those that count. */
export type Algorithm = ProfileAlgorithm | PostQuantumAlgorithm

/** What the profile allows (FAPI 2.0 SP §5.4.1-1b). `Ed25519` is RFC 9864's name for our EdDSA. */
export const ALGORITHMS: readonly Algorithm[] = ['ES256', 'PS256', 'EdDSA', 'Ed25519']

/** Bytes of a public key (FIPS 204, table 2). */
const ML_DSA: Readonly<Record<PostQuantumAlgorithm, number>> = {
  'ML-DSA-44': 1312,
  'ML-DSA-65': 1952,
  'ML-DSA-87': 2592,
}
const mlDsa = (alg: unknown): PostQuantumAlgorithm | undefined =>
  alg === 'ML-DSA-44' || alg === 'ML-DSA-65' || alg === 'ML-DSA-87' ? alg : undefined

/**
 * ML-DSA (RFC 9964), outside the profile: as far as the running Node has it, from 24.7 on. A key is
 * any sequence of so many bytes, so that asking for one costs nothing.
 */
export const POST_QUANTUM: readonly Algorithm[] = Object.entries(ML_DSA)
  .map(([alg, bytes]) =>
    importJwk({ kty: 'AKP', alg, pub: Buffer.alloc(bytes).toString('base64url') }),
  )
  .filter((key) => key !== undefined)
  .flatMap(({ algorithms }) => algorithms)

export interface JwsKey {
  readonly key: KeyObject
  /** The algorithms that this kind of key can be used with: the key decides, not the header. */
  readonly algorithms: readonly Algorithm[]
  /** RSA only: bits of the modulus, and of the public exponent. */
  readonly bits?: number
  readonly exponentBits?: number
}

/** Reads the public members of a JWK. `undefined`: symmetric, malformed, or of another curve. */
export function importJwk(jwk: unknown): JwsKey | undefined {
  if (!isObject(jwk)) return undefined
  const { kty, crv, x, y, n, e, alg, pub } = jwk
  if (kty === 'EC' && crv === 'P-256') return publicKey({ kty, crv, x, y }, ['ES256'])
  if (kty === 'OKP' && crv === 'Ed25519') return publicKey({ kty, crv, x }, ['EdDSA', 'Ed25519'])
  if (kty === 'RSA') return publicKey({ kty, n, e }, ['PS256'])
  const postQuantum = mlDsa(alg)
  if (kty === 'AKP' && postQuantum) return publicKey({ kty, alg, pub }, [postQuantum])
  return undefined
}

function publicKey(
  members: { readonly [name: string]: unknown },
  algorithms: readonly Algorithm[],
): JwsKey | undefined {
  try {
    const key = createPublicKey({ key: { ...members }, format: 'jwk' })
    const details = key.asymmetricKeyDetails
    const bits = details?.modulusLength
    const exponentBits = details?.publicExponent?.toString(2).length
    return {
      key,
      algorithms,
      ...(bits !== undefined && { bits }),
      ...(exponentBits !== undefined && { exponentBits }),
    }
  } catch {
    return undefined // not a key: whoever asks refuses
  }
}

/** Never throws: what cannot be verified does not verify. */
export function verifies(
  alg: unknown,
  { key, algorithms }: JwsKey,
  signingInput: string,
  signature: Uint8Array,
): boolean {
  const algorithm = algorithms.find((name) => name === alg)
  if (!algorithm) return false
  const data = Buffer.from(signingInput, 'ascii')
  try {
    if (algorithm === 'ES256') {
      const der = ecdsaDer(signature)
      return der !== undefined && verify('sha256', data, key, der)
    }
    if (algorithm === 'PS256') return verify('sha256', data, Object.assign(key, PSS), signature)
    return verify(null, data, key, signature)
  } catch {
    return false // a key of a kind that cannot verify: OpenSSL throws
  }
}

// RFC 7518 §3.5: the salt is as long as the hash. On the key itself, for Node 24 finds out that an
// object around a key is none by two exceptions, which cost half as much as the verification.
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }

const COORDINATE = 32

/**
 * r ‖ s (RFC 7518 §3.4) as the DER that OpenSSL reads. Node can do it (`dsaEncoding`), a quarter
 * slower than the whole verification should take.
 */
function ecdsaDer(signature: Uint8Array): Uint8Array | undefined {
  if (signature.length !== 2 * COORDINATE) return undefined
  const afterR = writeInteger(signature, 0, SEQUENCE_HEADER)
  const end = writeInteger(signature, COORDINATE, afterR)
  der[0] = 0x30
  der[1] = end - SEQUENCE_HEADER
  return der.subarray(0, end)
}

const SEQUENCE_HEADER = 2
/**
 * Written anew for each verification, which is over before the next one begins. Each integer has a
 * tag, a length, and perhaps a zero that keeps it positive.
 */
const der = new Uint8Array(SEQUENCE_HEADER + 2 * (3 + COORDINATE))

/** @returns where in `der` the integer ends that it has written at `to` */
function writeInteger(signature: Uint8Array, from: number, to: number): number {
  const end = from + COORDINATE
  let first = from
  while (first < end - 1 && signature[first] === 0) first += 1
  const zeros = signature[first]! >= 0x80 ? 1 : 0
  der[to] = 0x02
  der[to + 1] = zeros + end - first
  der[to + 2] = 0
  let at = to + 2 + zeros
  for (; first < end; first += 1, at += 1) der[at] = signature[first]!
  return at
}
