/** The key types the authority makes, and how node:crypto and webcrypto each call them. */
import { createPublicKey, generateKeyPair, type KeyObject, type webcrypto } from 'node:crypto'
import { promisify } from 'node:util'

export const KEY_TYPES = [
  'EC-P256',
  'EC-P384',
  'RSA-2048',
  'RSA-3072',
  'RSA-4096',
  'Ed25519',
] as const

export type KeyType = (typeof KEY_TYPES)[number]

const generate = promisify(generateKeyPair)

const CURVES = { 'EC-P256': 'P-256', 'EC-P384': 'P-384' } as const
const CURVE_OF: Readonly<Record<string, KeyType>> = { prime256v1: 'EC-P256', secp384r1: 'EC-P384' }

export async function generateKey(type: KeyType): Promise<KeyObject> {
  if (type === 'Ed25519') return (await generate('ed25519')).privateKey
  if (type === 'EC-P256' || type === 'EC-P384') {
    return (await generate('ec', { namedCurve: CURVES[type] })).privateKey
  }
  return (await generate('rsa', { modulusLength: Number(type.slice('RSA-'.length)) })).privateKey
}

/** `undefined`: a key of a type the authority does not work with. */
export function keyTypeOf(key: KeyObject): KeyType | undefined {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'ed25519') return 'Ed25519'
  if (key.asymmetricKeyType === 'ec') return CURVE_OF[namedCurve ?? '']
  if (key.asymmetricKeyType !== 'rsa') return undefined
  return KEY_TYPES.find((type) => type === `RSA-${modulusLength}`)
}

export function toPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

export type Hash = 'SHA-1' | 'SHA-256' | 'SHA-384'

/** The hash that fits the strength of the key; Ed25519 has its own inside. */
export function hashFor(key: KeyObject): Hash {
  return keyTypeOf(key) === 'EC-P384' ? 'SHA-384' : 'SHA-256'
}

/** The key as webcrypto wants it for signing; it cannot be exported again. */
export function toSigningKey(key: KeyObject, hash: Hash = hashFor(key)): webcrypto.CryptoKey {
  return key.toCryptoKey(webcryptoAlgorithm(key, hash), false, ['sign'])
}

/** Its public half, which can. */
export function toVerifyingKey(key: KeyObject): webcrypto.CryptoKey {
  return createPublicKey(key).toCryptoKey(webcryptoAlgorithm(key, hashFor(key)), true, ['verify'])
}

function webcryptoAlgorithm(key: KeyObject, hash: Hash) {
  const type = keyTypeOf(key)
  if (type === 'Ed25519') return { name: 'Ed25519' }
  if (type === 'EC-P256' || type === 'EC-P384') return { name: 'ECDSA', namedCurve: CURVES[type] }
  return { name: 'RSASSA-PKCS1-v1_5', hash }
}
