/**
 * DPoP proofs made by hand: for teaching, for curl, and for attacks, which are an honest proof with
 * one edit. `FapiClient` does not use `makeProof`, openid-client makes its own. Nothing here is
 * shared with the code that checks proofs: a bug in both would hide itself.
 */
import { constants, createHash, generateKeyPairSync, KeyObject } from 'node:crypto'
import { sign as signSync, X509Certificate } from 'node:crypto'
import { randomUUID, webcrypto } from 'node:crypto'

/**
 * The algorithms FAPI 2.0 Security Profile §5.4.1 leaves, `EdDSA` being Ed25519, and ML-DSA (RFC
 * 9964), which it does not: for servers that ask for more, and for attacks.
 */
export type ProofAlgorithm = 'ES256' | 'PS256' | 'EdDSA' | MlDsa
type MlDsa = 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87'

/** A public JWK (RFC 7517): strings, no private member. */
export interface PublicJwk {
  readonly kty: string
  readonly [member: string]: unknown
}

export interface ProofKey {
  readonly privateKey: webcrypto.CryptoKey | KeyObject
  readonly publicJwk: PublicJwk
  readonly alg: ProofAlgorithm
}

export interface ProofOptions {
  readonly method: string
  /** Query and fragment are cut off (RFC 9449 §4.2); the rest goes into `htu` as it is written. */
  readonly url: string
  /** Present at a protected resource: its hash becomes `ath`. */
  readonly accessToken?: string
  /** The server-provided nonce. */
  readonly nonce?: string
  /** Seconds since the epoch; default: now. */
  readonly now?: number
  /** Replaces or adds members of the JOSE header; `undefined` removes one. */
  readonly header?: Readonly<Record<string, unknown>>
  /** Replaces or adds claims; `undefined` removes one. */
  readonly claims?: Readonly<Record<string, unknown>>
}

// oxfmt-ignore
const KEY_GENERATION = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  PS256: { name: 'RSA-PSS', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519' },
} as const satisfies Record<Exclude<ProofAlgorithm, MlDsa>, object>

// oxfmt-ignore
const SUBTLE_SIGNING = {
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', saltLength: 32 }, // RFC 7518 §3.5: as long as the hash
  EdDSA: { name: 'Ed25519' },
} as const satisfies Record<Exclude<ProofAlgorithm, MlDsa>, object>

// oxfmt-ignore
const NODE_SIGNING = {
  ES256: { hash: 'sha256', dsaEncoding: 'ieee-p1363' }, // RFC 7518 §3.4: r and s, not DER
  PS256: { hash: 'sha256', padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
  EdDSA: { hash: null },
  'ML-DSA-44': { hash: null },
  'ML-DSA-65': { hash: null },
  'ML-DSA-87': { hash: null },
} as const satisfies Record<ProofAlgorithm, object>

/** A new key whose private half cannot leave this process, but for ML-DSA: there it can be exported. */
export async function generateProofKey(alg: ProofAlgorithm): Promise<ProofKey> {
  if (isMlDsa(alg)) return generateMlDsaKey(alg)
  const pair = await webcrypto.subtle.generateKey(KEY_GENERATION[alg], false, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new TypeError(`${alg} did not generate a key pair`)
  return { privateKey: pair.privateKey, publicJwk: await exportPublicJwk(pair.publicKey), alg }
}

const isMlDsa = (alg: ProofAlgorithm): alg is MlDsa => alg.startsWith('ML-DSA')

// WebCrypto has it too, and warns that it may change.
function generateMlDsaKey(alg: MlDsa): ProofKey {
  const { privateKey, publicKey } = {
    'ML-DSA-44': () => generateKeyPairSync('ml-dsa-44'),
    'ML-DSA-65': () => generateKeyPairSync('ml-dsa-65'),
    'ML-DSA-87': () => generateKeyPairSync('ml-dsa-87'),
  }[alg]()
  const { kty = '', ...members } = publicKey.export({ format: 'jwk' })
  return { privateKey, publicJwk: { kty, ...members }, alg }
}

/** The members RFC 7517 defines, without WebCrypto's `key_ops` and `ext`. */
export async function exportPublicJwk(key: webcrypto.CryptoKey): Promise<PublicJwk> {
  const { kty, crv, x, y, n, e } = await webcrypto.subtle.exportKey('jwk', key)
  if (kty === undefined) throw new TypeError('the key has no JWK form')
  const members = Object.entries({ crv, x, y, n, e }).filter(([, value]) => value !== undefined)
  return { kty, ...Object.fromEntries(members) }
}

/**
 * A DPoP proof, RFC 9449 §4.2, as a compact JWS.
 *
 * The signature is always `key`'s with its own algorithm, whatever `header.alg` claims.
 */
export async function makeProof(key: ProofKey, options: ProofOptions): Promise<string> {
  const { accessToken, nonce } = options
  const header = { typ: 'dpop+jwt', alg: key.alg, jwk: key.publicJwk, ...options.header }
  const claims = {
    jti: randomUUID(),
    htm: options.method,
    htu: options.url.split(/[?#]/, 1)[0],
    iat: options.now ?? Math.floor(Date.now() / 1000),
    ...(accessToken === undefined ? {} : { ath: accessTokenHash(accessToken) }),
    ...(nonce === undefined ? {} : { nonce }),
    ...options.claims,
  }
  const input = `${segment(header)}.${segment(claims)}`
  return `${input}.${(await signature(key, Buffer.from(input))).toString('base64url')}`
}

async function signature({ privateKey, alg }: ProofKey, data: Uint8Array): Promise<Buffer> {
  if (privateKey instanceof KeyObject) {
    const { hash, ...options } = NODE_SIGNING[alg]
    return signSync(hash, data, { key: privateKey, ...options })
  }
  if (isMlDsa(alg)) throw new TypeError(`${alg} is signed with a KeyObject`)
  return Buffer.from(await webcrypto.subtle.sign(SUBTLE_SIGNING[alg], privateKey, data))
}

// RFC 7638 §3.2, RFC 8037 §2, RFC 9964: in lexicographic order, which the hash depends on.
const REQUIRED_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  AKP: ['alg', 'kty', 'pub'],
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
}

/**
 * The JWK's SHA-256 thumbprint, base64url: what `jkt` and `dpop_jkt` hold (RFC 7638).
 *
 * @throws TypeError for another key type, or when a required member is not a string
 */
export function thumbprint(jwk: PublicJwk): string {
  const required = REQUIRED_MEMBERS[jwk.kty]
  if (!required) throw new TypeError(`a JWK of kty ${JSON.stringify(jwk.kty)} has no thumbprint`)
  const members = required.map((name) => {
    if (typeof jwk[name] !== 'string') throw new TypeError(`the JWK has no string ${name}`)
    return [name, jwk[name]]
  })
  return sha256(JSON.stringify(Object.fromEntries(members)))
}

/** `ath` of an access token: base64url of the SHA-256 of its ASCII (RFC 9449 §4.2). */
export const accessTokenHash = (token: string): string => sha256(Buffer.from(token, 'ascii'))

/** `x5t#S256` of the first certificate in the PEM: SHA-256 of its DER, base64url (RFC 8705 §3.1). */
export const certificateThumbprint = (pem: string): string => sha256(new X509Certificate(pem).raw)

const sha256 = (data: string | Uint8Array): string =>
  createHash('sha256').update(data).digest('base64url')

const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
