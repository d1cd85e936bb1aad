/** The authorization server of the bench: one key, its JWKS and introspection on loopback. */
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { ISSUER, RESOURCE, SCOPE } from '../scenario.ts'
import { listening } from './listening.ts'

/** A confirmation method and its value, RFC 7800. */
type Confirmation = { readonly jkt: string } | { readonly 'x5t#S256': string }

export interface Issuer {
  /** Where `https://as.example` is on loopback. */
  readonly url: string
  readonly publicJwk: { readonly [member: string]: unknown }
  /** RFC 9068: ES256, good for an hour. */
  jwt(confirmation: Confirmation): string
  opaque(confirmation: Confirmation): string
  close(): void
}

/** Seconds. */
const LIFE = 3600
const KID = 'bench'

export async function startIssuer(): Promise<Issuer> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicJwk = { ...publicKey.export({ format: 'jwk' }), kid: KID, alg: 'ES256', use: 'sig' }
  const opaque = new Map<string, object>()
  const documents: Readonly<Record<string, object>> = {
    '/jwks': { keys: [publicJwk] },
    '/.well-known/oauth-authorization-server': {
      issuer: ISSUER,
      jwks_uri: `${ISSUER}/jwks`,
      introspection_endpoint: `${ISSUER}/introspect`,
    },
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { url = '' } = request
    const found =
      url === '/introspect' ? (opaque.get(await tokenIn(request)) ?? NOT_ACTIVE) : documents[url]
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(found ?? {}))
  }
  const server = createServer((request, response) => void answer(request, response))
  return {
    url: await listening(server, 'http'),
    publicJwk,
    jwt: (confirmation) => jws(privateKey, claims(confirmation)),
    opaque: (confirmation) => {
      const token = randomUUID()
      const token_type = 'jkt' in confirmation ? 'DPoP' : 'Bearer'
      opaque.set(token, { active: true, token_type, ...claims(confirmation) })
      return token
    },
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

const NOT_ACTIVE = { active: false }

const tokenIn = async (request: IncomingMessage): Promise<string> =>
  new URLSearchParams(await text(request)).get('token') ?? ''

function claims(cnf: Confirmation): object {
  const now = Math.floor(Date.now() / 1000)
  const [iss, aud, client_id] = [ISSUER, RESOURCE, 'bench']
  const who = { iss, aud, sub: client_id, client_id, scope: SCOPE, cnf }
  return { ...who, iat: now, exp: now + LIFE, jti: randomUUID() }
}

function jws(key: KeyObject, payload: object): string {
  const header = { typ: 'at+jwt', alg: 'ES256', kid: KID }
  const input = `${segment(header)}.${segment(payload)}`
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
