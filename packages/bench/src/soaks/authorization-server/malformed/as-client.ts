/** A client whose assertions, proofs and request objects are signed in place, right or wrong. */
import { generateKeyPairSync, hash, type KeyObject, randomUUID } from 'node:crypto'
import type { ClientMetadata } from '@holdfast/authorization-server'
import { type Members, signJws } from '../../client.ts'

export const USER = { login: 'alice', password: 'correct horse' }
const CALLBACK = 'https://client.example/callback'
const VERIFIER = 'v'.repeat(43)
const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** A JWS before it is signed. */
export interface Unsigned {
  readonly header: Members
  readonly claims: Members
}

type Kind = 'web' | 'signing' | 'api'

export class AsClient {
  readonly issuer: string
  readonly jwks: { readonly keys: readonly [Record<string, unknown>] }
  readonly #key: KeyObject
  readonly #jwk: Members

  constructor(issuer: string) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { crv, kty, x, y } = publicKey.export({ format: 'jwk' })
    this.issuer = issuer
    this.#key = privateKey
    this.#jwk = { crv, kty, x, y }
    this.jwks = { keys: [{ ...this.#jwk, alg: 'ES256', use: 'sig', kid: 'soak' }] }
  }

  sign({ header, claims }: Unsigned): string {
    return signJws(this.#key, JSON.stringify(header), JSON.stringify(claims))
  }

  /** Signs what need not be JSON. */
  jws(header: string | Uint8Array, claims: string | Uint8Array): string {
    return signJws(this.#key, header, claims)
  }

  assertion(client: Kind): Unsigned {
    const exp = seconds() + 60
    return {
      header: { alg: 'ES256', kid: 'soak', typ: 'JWT' },
      claims: { iss: client, sub: client, aud: this.issuer, jti: randomUUID(), iat: exp - 60, exp },
    }
  }

  proof(htu: string, more: Members = {}): Unsigned {
    return {
      header: { typ: 'dpop+jwt', alg: 'ES256', jwk: this.#jwk },
      claims: { jti: randomUUID(), htm: 'POST', htu, iat: seconds(), ...more },
    }
  }

  requestObject(parameters: Members): Unsigned {
    const [nbf, exp] = [seconds(), seconds() + 300]
    return {
      header: { alg: 'ES256', kid: 'soak', typ: 'oauth-authz-req+jwt' },
      claims: { iss: 'signing', aud: this.issuer, jti: randomUUID(), nbf, exp, ...parameters },
    }
  }

  authentication(client: Kind): Readonly<Record<string, string>> {
    return {
      client_id: client,
      client_assertion_type: TYPE,
      client_assertion: this.sign(this.assertion(client)),
    }
  }
}

export const authorizationRequest = (client: Kind): Readonly<Record<string, string>> => ({
  client_id: client,
  response_type: 'code',
  redirect_uri: CALLBACK,
  scope: 'openid offline_access read',
  prompt: 'consent',
  state: 'st4te',
  nonce: 'n0nce',
  code_challenge: hash('sha256', VERIFIER, 'base64url'),
  code_challenge_method: 'S256',
})

export function clientsOf({ jwks }: AsClient): readonly ClientMetadata[] {
  const [constraint, redirect_uris] = [{ dpop_bound_access_tokens: true }, [CALLBACK]]
  const code = ['authorization_code', 'refresh_token', 'client_credentials'] as const
  const method = { token_endpoint_auth_method: 'private_key_jwt', jwks } as const
  return [
    { client_id: 'web', ...method, ...constraint, grant_types: code, redirect_uris },
    {
      client_id: 'signing',
      profile: 'fapi2-message-signing',
      ...method,
      ...constraint,
      grant_types: code,
      redirect_uris,
    },
    {
      client_id: 'tls',
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: 'CN=client',
      tls_client_certificate_bound_access_tokens: true,
      grant_types: ['client_credentials'],
    },
    {
      client_id: 'api',
      ...method,
      grant_types: [],
      introspection_audiences: ['https://rs.example'],
    },
  ]
}

const seconds = (): number => Math.floor(Date.now() / 1000)
