/** A client whose proofs are signed in place, without a promise: what is loaded is the server. */
import { generateKeyPairSync, hash, type KeyObject, randomUUID, sign } from 'node:crypto'
import { PATH, RESOURCE } from '../scenario.ts'
import type { Issuer } from '../load/issuer.ts'

export type Members = Readonly<Record<string, unknown>>

export class Client {
  readonly token: string
  /** RFC 7638. */
  readonly jkt: string
  readonly header: Members
  /** What the server has given us last. */
  nonce: string | undefined
  readonly #key: KeyObject
  readonly #headerSegment: string
  readonly #ath: string

  constructor(issuer: Issuer) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { crv, kty, x, y } = publicKey.export({ format: 'jwk' })
    const jwk = { crv, kty, x, y }
    this.#key = privateKey
    this.jkt = hash('sha256', JSON.stringify(jwk), 'base64url')
    this.header = { typ: 'dpop+jwt', alg: 'ES256', jwk }
    this.#headerSegment = segment(JSON.stringify(this.header))
    this.token = issuer.jwt({ jkt: this.jkt })
    this.#ath = hash('sha256', this.token, 'base64url')
  }

  /** What an honest proof says now; `iat` in seconds. */
  claims(): Members {
    const [iat, htu] = [Date.now() / 1000, RESOURCE + PATH]
    return { jti: randomUUID(), htm: 'GET', htu, iat, ath: this.#ath }
  }

  proof(more: Members = {}): string {
    const claims = segment(JSON.stringify({ ...this.claims(), ...more }))
    return signed(this.#key, `${this.#headerSegment}.${claims}`)
  }

  /** Signs what need not be a proof at all. */
  jws(header: string | Uint8Array, claims: string | Uint8Array): string {
    return signJws(this.#key, header, claims)
  }
}

/** ES256, whatever the header says. */
export const signJws = (
  key: KeyObject,
  header: string | Uint8Array,
  claims: string | Uint8Array,
): string => signed(key, `${segment(header)}.${segment(claims)}`)

function signed(key: KeyObject, input: string): string {
  const how = { key, dsaEncoding: 'ieee-p1363' as const }
  return `${input}.${sign('sha256', Buffer.from(input), how).toString('base64url')}`
}

const segment = (text: string | Uint8Array): string => Buffer.from(text).toString('base64url')
