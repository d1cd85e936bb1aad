import { constants, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { ExternalSigningKey } from 'oidc-provider'
import type { PrivateJwk } from './new-key.ts'

/**
 * One of our keys as the library takes it. The library would sign with WebCrypto, which hands every
 * signature to another thread: of elliptic curves that costs twice as much as the signature itself.
 */
export class SigningKey extends ExternalSigningKey {
  readonly #jwk: PrivateJwk
  readonly #private: KeyObject
  readonly #public: KeyObject

  constructor(jwk: PrivateJwk) {
    super()
    this.#jwk = jwk
    const key = createPrivateKey({ key: { ...jwk }, format: 'jwk' })
    this.#private = this.alg === 'PS256' ? Object.assign(key, PSS) : key
    this.#public = createPublicKey(this.#private)
  }

  override get kid(): string {
    return this.#jwk.kid
  }

  override get alg(): string {
    return String(this.#jwk['alg'])
  }

  /** The public one. */
  override keyObject(): KeyObject {
    return this.#public
  }

  /** As JWS has it (RFC 7518 §3, RFC 8037 §3.1). */
  override sign(data: Uint8Array): Promise<Uint8Array> | Uint8Array {
    if (this.alg === 'ES256') return concatenated(sign('sha256', data, this.#private))
    // A millisecond: not while all others wait.
    if (this.alg === 'PS256') return signElsewhere('sha256', data, this.#private)
    return sign(null, data, this.#private)
  }
}

const signElsewhere = promisify(sign)

// RFC 7518 §3.5: the salt is as long as the hash. On the key itself: Node 24 finds out that an object
// around a key is none by two exceptions.
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }

const COORDINATE = 32

/**
 * r ‖ s (RFC 7518 §3.4) of an ECDSA signature in DER, whose lengths are one byte each. Node can do it
 * (`dsaEncoding`), for half a signature more.
 */
function concatenated(der: Uint8Array): Uint8Array {
  const both = new Uint8Array(2 * COORDINATE)
  let end = 2
  for (const coordinate of [1, 2]) {
    const begin = end + 2
    end = begin + der[end + 1]!
    // Of a number whose first bit is set, a zero stands before it; leading zeros are left out.
    const digits = der.subarray(Math.max(begin, end - COORDINATE), end)
    both.set(digits, coordinate * COORDINATE - digits.length)
  }
  return both
}
