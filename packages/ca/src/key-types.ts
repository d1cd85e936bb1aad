/** The key types the authority makes, and how node:crypto and webcrypto each call them. */
import { generateKeyPair, type KeyObject, type webcrypto } from 'node:crypto'
import { promisify } from 'node:util'

export type KeyType = 'EC-P256' | 'RSA-2048' | 'RSA-3072'

const generate = promisify(generateKeyPair)

export async function generateKey(type: KeyType): Promise<KeyObject> {
  const pair =
    type === 'EC-P256'
      ? await generate('ec', { namedCurve: 'P-256' })
      : await generate('rsa', { modulusLength: type === 'RSA-2048' ? 2048 : 3072 })
  return pair.privateKey
}

/** `undefined`: a key of a type the authority does not work with. */
export function keyTypeOf(key: KeyObject): KeyType | undefined {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1') return 'EC-P256'
  if (key.asymmetricKeyType !== 'rsa') return undefined
  if (modulusLength === 2048) return 'RSA-2048'
  return modulusLength === 3072 ? 'RSA-3072' : undefined
}

export function toPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** The key as webcrypto wants it for signing with SHA-256; it cannot be exported again. */
export function toSigningKey(key: KeyObject): webcrypto.CryptoKey {
  const algorithm =
    key.asymmetricKeyType === 'ec'
      ? { name: 'ECDSA', namedCurve: 'P-256' }
      : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  return key.toCryptoKey(algorithm, false, ['sign'])
}
