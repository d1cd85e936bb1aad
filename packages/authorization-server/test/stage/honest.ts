import { createHash, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { CryptoKey, JWK } from 'jose'
import type { Server } from './house.ts'
import type { Request, Response } from './http.ts'

/** What an honest client does. Tests edit what it makes. */

export const now = (): number => Math.floor(Date.now() / 1_000)

type Claims = { readonly [claim: string]: unknown }

/** Form members with which a client authenticates by private_key_jwt. */
export async function assertion(
  house: Pick<Server, 'issuer' | 'keys'>,
  client: string,
  edit: Claims = {},
) {
  const { alg, key } = house.keys[client]!
  const claims = {
    iss: client,
    sub: client,
    aud: house.issuer,
    jti: randomUUID(),
    iat: now(),
    exp: now() + 60,
    ...edit,
  }
  const jwt = new SignJWT(claims).setProtectedHeader({ alg, kid: client })
  return {
    client_id: client,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await jwt.sign(key),
  }
}

/** A client's DPoP key. */
export class Prover {
  readonly #key: CryptoKey
  readonly #header: { readonly alg: string; readonly jwk: JWK }
  readonly jkt: string

  private constructor(key: CryptoKey, header: { alg: string; jwk: JWK }, jkt: string) {
    this.#key = key
    this.#header = header
    this.jkt = jkt
  }

  static async new(alg = 'ES256'): Promise<Prover> {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
    const jwk = await exportJWK(publicKey)
    return new Prover(privateKey, { alg, jwk }, await calculateJwkThumbprint(jwk))
  }

  proof(htu: string, edit: Claims = {}): Promise<string> {
    return new SignJWT({ htu, htm: 'POST', jti: randomUUID(), iat: now(), ...edit })
      .setProtectedHeader({ typ: 'dpop+jwt', ...this.#header })
      .sign(this.#key)
  }
}

export const pkce = (verifier: string) => ({
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
})

/** A token request of client credentials with assertion and proof, not sent yet. */
export async function clientCredentials(
  house: Server,
  prover: Prover,
  form: { readonly [name: string]: string } = {},
): Promise<Request> {
  const url = `${house.issuer}/token`
  return {
    url,
    headers: { dpop: await prover.proof(url) },
    form: { grant_type: 'client_credentials', ...(await assertion(house, 'web')), ...form },
  }
}

/** What an answer says, for exact comparison. */
export const verdict = ({ status, json }: Response): readonly [number, unknown] => [
  status,
  json['error'],
]
