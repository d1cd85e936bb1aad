/** Honest requests to every endpoint, in parts that can be spoilt. */
import { hash } from 'node:crypto'
import { type AsClient, authorizationRequest, type Unsigned } from './as-client.ts'

export type Pair = readonly [name: string, value: string]

export interface Parts {
  readonly side: 'public' | 'alias'
  readonly method: string
  readonly path: string
  readonly query: readonly Pair[]
  readonly fields: readonly Pair[]
  readonly form: readonly Pair[] | undefined
  /** What is signed: where it goes, and what it says. */
  readonly signed: readonly Signed[]
}

export interface Signed {
  readonly in: 'form' | 'fields'
  readonly name: string
  readonly what: Unsigned
}

/** What earlier honest requests have brought. */
export interface Held {
  readonly client: AsClient
  readonly issuer: string
  readonly token: string
  readonly requestUri: string
  /** Path of an interaction, and the cookies with which it may be entered. */
  readonly interaction: string
  readonly cookies: string
}

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

type Kind = Parameters<AsClient['assertion']>[0]

interface Post {
  readonly path: string
  readonly as: Kind
  readonly form: Readonly<Record<string, string>>
  readonly proof?: boolean
  readonly object?: Unsigned
}

function post({ client, issuer }: Held, { path, as, form, proof, object }: Post): Parts {
  const signed: Signed[] = [
    { in: 'form', name: 'client_assertion', what: client.assertion(as) },
    ...(proof ? [{ in: 'fields', name: 'DPoP', what: client.proof(issuer + path) } as const] : []),
    ...(object ? [{ in: 'form', name: 'request', what: object } as const] : []),
  ]
  const authentication = { client_id: as, client_assertion_type: TYPE }
  const pairs = Object.entries({ ...authentication, ...form })
  return { side: 'public', method: 'POST', path, query: [], fields: [], form: pairs, signed }
}

const get = (path: string, more: Partial<Parts> = {}): Parts => ({
  side: 'public',
  method: 'GET',
  path,
  query: [],
  fields: [['Accept', 'text/html']],
  form: undefined,
  signed: [],
  ...more,
})

const filled = (path: string, cookies: string, form: readonly Pair[]): Parts =>
  get(path, { method: 'POST', fields: [['Cookie', cookies]], form })

/** The ways in, by name. */
// oxfmt-ignore
export const HONEST = {
  'client credentials': (held) => post(held, { path: '/token', as: 'web', form: { grant_type: 'client_credentials' }, proof: true }),
  'by certificate':     () => get('/token', { side: 'alias', method: 'POST', form: [['grant_type', 'client_credentials'], ['client_id', 'tls']] }),
  'a code':             (held) => post(held, { path: '/token', as: 'web', form: { grant_type: 'authorization_code', code: 'c0de', redirect_uri: 'https://client.example/callback', code_verifier: 'v'.repeat(43) }, proof: true }),
  'a refresh token':    (held) => post(held, { path: '/token', as: 'web', form: { grant_type: 'refresh_token', refresh_token: 'r3fresh' }, proof: true }),
  'pushed':             (held) => post(held, { path: '/par', as: 'web', form: authorizationRequest('web'), proof: true }),
  'pushed and signed':  (held) => post(held, { path: '/par', as: 'signing', form: {}, object: held.client.requestObject({ ...authorizationRequest('signing'), response_mode: 'jwt' }) }),
  'introspection':      (held) => post(held, { path: '/introspect', as: 'api', form: { token: held.token, token_type_hint: 'access_token' } }),
  'revocation':         (held) => post(held, { path: '/revoke', as: 'web', form: { token: 'unknown' } }),
  'userinfo':           ({ client, issuer, token }) => get('/userinfo', { fields: [['Authorization', `DPoP ${token}`]], signed: [{ in: 'fields', name: 'DPoP', what: client.proof(`${issuer}/userinfo`, { htm: 'GET', ath: hash('sha256', token, 'base64url') }) }] }),
  'authorization':      ({ requestUri, cookies }) => get('/authorize', { query: [['client_id', 'web'], ['request_uri', requestUri]], fields: [['Cookie', cookies]] }),
  'authorization by form': ({ requestUri, cookies }) => filled('/authorize', cookies, [['client_id', 'web'], ['request_uri', requestUri]]),
  'not pushed':         () => get('/authorize', { query: Object.entries(authorizationRequest('web')) }),
  'resumed':            ({ interaction, cookies }) => get(interaction.replace('/interaction', '/authorize'), { fields: [['Cookie', cookies]] }),
  'the login page':     ({ interaction, cookies }) => get(interaction, { fields: [['Cookie', cookies]] }),
  'the login':          ({ interaction, cookies }) => filled(`${interaction}/login`, cookies, [['login', 'nobody'], ['password', 'wrong']]),
  'the consent':        ({ interaction, cookies }) => filled(`${interaction}/consent`, cookies, [['allow', 'yes']]),
  'discovery':          () => get('/.well-known/openid-configuration'),
  'metadata':           () => get('/.well-known/oauth-authorization-server'),
  'keys':               () => get('/jwks'),
} as const satisfies Readonly<Record<string, (held: Held) => Parts>>
