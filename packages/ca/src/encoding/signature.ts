/**
 * Signatures over DER: of CRLs, OCSP answers and requests. The table is also the policy: what is not
 * in it (SHA-1, MD5, DSA, RSASSA-PSS, whose parameters can name SHA-1) is refused everywhere.
 */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import {
  decodeOid,
  type Element,
  encode,
  encodeOid,
  MalformedDer,
  readElements,
  readOne,
  TAG,
} from './der.ts'
import { decodeBits, encodeBits } from './der-values.ts'
import { hashFor } from './key-types.ts'

interface SignatureAlgorithm {
  readonly oid: string
  readonly key: 'ec' | 'rsa' | 'ed25519'
  /** As node:crypto calls it; Ed25519 takes none. */
  readonly hash: string | null
}

// oxfmt-ignore
const ALGORITHMS: readonly SignatureAlgorithm[] = [
  { oid: '1.2.840.10045.4.3.2',   key: 'ec',      hash: 'sha256' },
  { oid: '1.2.840.10045.4.3.3',   key: 'ec',      hash: 'sha384' },
  { oid: '1.2.840.10045.4.3.4',   key: 'ec',      hash: 'sha512' },
  { oid: '1.2.840.113549.1.1.11', key: 'rsa',     hash: 'sha256' },
  { oid: '1.2.840.113549.1.1.12', key: 'rsa',     hash: 'sha384' },
  { oid: '1.2.840.113549.1.1.13', key: 'rsa',     hash: 'sha512' },
  { oid: '1.3.101.112',           key: 'ed25519', hash: null },
]

export function isAcceptableSignature(oid: string | undefined): boolean {
  return ALGORITHMS.some((algorithm) => algorithm.oid === oid)
}

/** Name of a key size or curve that nobody should accept; `undefined` if the key is good. */
export function weaknessOf(key: KeyObject): string | undefined {
  const { modulusLength = 0, publicExponent = 0n, namedCurve } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'ed25519') return undefined
  if (key.asymmetricKeyType === 'rsa') {
    if (modulusLength < 2048 || modulusLength > 8192) return `an RSA key of ${modulusLength} bits`
    // By 1 everybody has signed; with a long one a verification takes a hundred times as long.
    const bits = publicExponent.toString(2).length
    return bits < 2 || bits > 32 ? `an RSA exponent of ${bits} bits` : undefined
  }
  if (key.asymmetricKeyType !== 'ec') return `a key of type ${key.asymmetricKeyType}`
  return CURVES.has(namedCurve ?? '') ? undefined : `a key on the curve ${namedCurve}`
}

const CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1'])

/** The AlgorithmIdentifier a key signs with. */
function algorithmIdentifierFor(key: KeyObject): Buffer {
  const { oid } = algorithmFor(key)
  // RFC 4055 §5: NULL parameters with RSA; RFC 5758 §3.2, RFC 8410 §3: none with the others.
  const parameters = key.asymmetricKeyType === 'rsa' ? [encode(TAG.NULL)] : []
  return encode(TAG.SEQUENCE, encodeOid(oid), ...parameters)
}

/** `SEQUENCE { toBeSigned, algorithm, signature }`, and what may follow, as OCSP's certificates do. */
export function signDer(toBeSigned: Buffer, key: KeyObject, ...rest: readonly Buffer[]): Buffer {
  const signature = sign(algorithmFor(key).hash, toBeSigned, key)
  return encode(
    TAG.SEQUENCE,
    toBeSigned,
    algorithmIdentifierFor(key),
    encodeBits(signature),
    ...rest,
  )
}

function algorithmFor(key: KeyObject): SignatureAlgorithm {
  const hash =
    key.asymmetricKeyType === 'ed25519' ? null : hashFor(key).replace('-', '').toLowerCase()
  const found = ALGORITHMS.find((one) => one.key === key.asymmetricKeyType && one.hash === hash)
  if (!found) throw new TypeError(`no signature algorithm for a ${key.asymmetricKeyType} key`)
  return found
}

export interface SignedDer {
  readonly toBeSigned: Element
  readonly algorithm: Buffer
  readonly algorithmOid: string
  readonly signature: Buffer
}

/** Throws MalformedDer. */
export function readSigned(der: Buffer): SignedDer {
  const [toBeSigned, algorithm, signature, ...rest] = readElements(
    readOne(der, TAG.SEQUENCE).content,
  )
  if (!toBeSigned || !algorithm || !signature || rest.length > 0) {
    throw new MalformedDer('not a signed structure')
  }
  return {
    toBeSigned,
    algorithm: algorithm.whole,
    algorithmOid: oidOf(algorithm),
    signature: decodeBits(signature),
  }
}

function oidOf(algorithm: Element): string {
  return decodeOid(readElements(algorithm.content)[0]?.content ?? Buffer.alloc(0))
}

/** `false` as well for an algorithm that is not in the table or not of this key. */
export function isSignedBy(signed: SignedDer, key: KeyObject): boolean {
  const algorithm = ALGORITHMS.find(({ oid }) => oid === signed.algorithmOid)
  if (!algorithm || algorithm.key !== key.asymmetricKeyType) return false
  const publicKey = key.type === 'public' ? key : createPublicKey(key)
  return verify(algorithm.hash, signed.toBeSigned.whole, publicKey, signed.signature)
}
