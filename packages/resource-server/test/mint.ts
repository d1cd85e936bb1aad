/** Tokens and proofs, made with jose and node:crypto only: no code under test is used. */
import { createHash, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { type JWK, SignJWT } from 'jose'

export const RESOURCE = 'https://rs.example'
export const ISSUER = 'https://as.example'

export interface Signer {
  readonly jwk: JWK
  readonly privateKey: KeyObject
  readonly kid: string
}

export type Members = Readonly<Record<string, unknown>>

export const sha256 = (data: string | Uint8Array): string =>
  createHash('sha256').update(data).digest('base64url')

export function newSigner(kid: string): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { jwk: publicKey.export({ format: 'jwk' }), privateKey, kid }
}

export const jkt = ({ jwk: { crv, kty, x, y } }: Signer): string =>
  sha256(JSON.stringify({ crv, kty, x, y }))

/**
 * @param time seconds
 * @param typ of what else an issuer signs
 */
export const accessToken = (
  issuer: Signer,
  time: number,
  claims: Members,
  typ = 'at+jwt',
): Promise<string> =>
  new SignJWT({
    iss: ISSUER,
    aud: RESOURCE,
    sub: 'alice',
    client_id: 'app',
    jti: randomUUID(),
    iat: time,
    exp: time + 3_600,
    scope: 'accounts payments',
    ...claims,
  })
    .setProtectedHeader({ typ, alg: 'ES256', kid: issuer.kid })
    .sign(issuer.privateKey)

export interface ProofRequest {
  readonly method?: string
  readonly path?: string
  readonly token: string
  /** Seconds. */
  readonly time: number
  readonly header?: Members
  readonly claims?: Members
}

export const dpopProof = (key: Signer, request: ProofRequest): Promise<string> =>
  new SignJWT({
    jti: randomUUID(),
    htm: request.method ?? 'GET',
    htu: `${RESOURCE}${request.path ?? '/accounts'}`,
    iat: request.time,
    ath: sha256(request.token),
    ...request.claims,
  })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: key.jwk, ...request.header })
    .sign(key.privateKey)
