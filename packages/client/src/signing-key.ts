import { importJWK, type JWK } from 'jose'
import type { ModifyAssertionFunction, PrivateKey } from 'openid-client'

export interface SigningKey {
  readonly key: PrivateKey
  /**
   * openid-client takes `alg` from the key: for an Edwards key `Ed25519`, even where `EdDSA` is what
   * was registered.
   */
  readonly asRegistered: ModifyAssertionFunction
}

/** The private key of a client's assertions and request objects. */
export async function importSigningKey(jwk: JWK): Promise<SigningKey> {
  const { alg, kid } = jwk
  const imported = await importJWK(jwk, alg)
  if (imported instanceof Uint8Array || !alg || !kid) {
    throw new TypeError('a key that a client signs with is asymmetric and has alg and kid')
  }
  return {
    key: { key: imported, kid },
    asRegistered: (header) => {
      header['alg'] = alg
    },
  }
}
