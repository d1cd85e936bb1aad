import { constants, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import {
  ALGORITHMS,
  importJwk,
  isOfGoodSize,
  type JwsKey,
  POST_QUANTUM,
  privateMember,
  verifies,
} from '@holdfast/sender-constraint'
import type { JWK } from 'jose'
import { PolicyError } from './setting.ts'

const KNOWN: readonly string[] = [...ALGORITHMS, ...POST_QUANTUM]

/**
 * A key of our own to sign with: it says with which algorithm, and can.
 *
 * @param key where it was given, for the message, in which nothing of the key is
 * @throws PolicyError
 */
export function signingKey(
  key: string,
  given: JWK,
): {
  readonly header: { readonly alg: string; readonly kid?: string }
  readonly privateKey: KeyObject
} {
  const { alg, kid }: JWK = Object(given)
  const publicKey = importJwk(given)
  const fitting: readonly string[] = publicKey?.algorithms ?? []
  const algorithms = KNOWN.filter((name) => fitting.includes(name))
  if (!publicKey || alg === undefined || !algorithms.includes(alg))
    throw new PolicyError(
      `${key}.alg`,
      alg ?? null,
      algorithms.join(', ') || 'none: it is no key of the profile',
    )
  if (privateMember(given) === undefined) throw new PolicyError(key, null, 'a private key')
  if (kid !== undefined && typeof kid !== 'string')
    throw new PolicyError(`${key}.kid`, null, 'text')
  if (!isOfGoodSize(publicKey)) throw new PolicyError(key, null, 'a key of the profile’s size')
  const privateKey = importPrivate(key, given)
  if (!belongs(privateKey, publicKey, alg))
    throw new PolicyError(key, null, 'a private key with the public members that belong to it')
  return { header: { alg, ...(kid !== undefined && { kid }) }, privateKey }
}

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }

// Found out now: once it is to sign, what goes wrong is a client's request.
function belongs(key: KeyObject, publicKey: JwsKey, alg: string): boolean {
  const probe = 'probe'
  const hash = alg === 'ES256' || alg === 'PS256' ? 'sha256' : null
  const form = alg === 'PS256' ? PSS : { dsaEncoding: 'ieee-p1363' as const }
  try {
    return verifies(alg, publicKey, probe, sign(hash, Buffer.from(probe), { key, ...form }))
  } catch {
    return false
  }
}

function importPrivate(key: string, jwk: JWK): KeyObject {
  try {
    return createPrivateKey({ key: jwk, format: 'jwk' })
  } catch {
    // What Node says of it may quote it.
    throw new PolicyError(key, null, 'a private key that can be read')
  }
}
