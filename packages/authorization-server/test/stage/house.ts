import { X509Certificate } from 'node:crypto'
import { createServer } from 'node:https'
import type { Server as HttpsServer } from 'node:https'
import { RecordsInProcess, ReplayMemoryInProcess } from '@holdfast/store'
import type { Records, ReplayMemory } from '@holdfast/store'
import type { Reporter } from '@holdfast/trace'
import { exportJWK, generateKeyPair } from 'jose'
import type { CryptoKey } from 'jose'
import {
  checkConfiguration,
  createAuthorizationServer,
  judgedInHandshake,
  provision,
} from '../../src/index.ts'
import type {
  AuthorizationServer,
  AuthorizationServerOptions,
  CertificateJudge,
  ClientMetadata,
  Listener,
  ProfileName,
  Outcome,
  Shape,
} from '../../src/index.ts'
import { makeCertificates } from './certificates.ts'
import type { Certificates } from './certificates.ts'
import { portOf, sender } from './http.ts'
import type { Send } from './http.ts'

export const ACCOUNTS = 'https://api.example/accounts'
export const PAYMENTS = 'https://api.example/payments'
export const CALLBACK = 'https://client.example/callback'
export const CALLBACK_WITH_QUERY = `${CALLBACK}?dummy1=lorem&dummy2=ipsum`
export const LOGGED_OUT = 'https://client.example/logged-out'

/** An authorization server as a client sees it. */
export interface Server {
  readonly issuer: string
  readonly send: Send
  /** Private keys of the clients, by client_id. */
  readonly keys: { readonly [client: string]: { readonly alg: string; readonly key: CryptoKey } }
}

export interface House extends Server {
  readonly alias: string
  readonly server: AuthorizationServer
  readonly records: Records
  readonly certificates: Certificates
  stop(): Promise<void>
}

interface Options {
  readonly records?: Records
  /** What the server sees in the place of the records, once it is up. */
  readonly through?: (records: Records) => Records
  readonly memory?: ReplayMemory
  readonly report?: Reporter
  readonly audit?: (outcome: Outcome) => void
  readonly explain?: boolean
  readonly configuration?: { readonly [key: string]: unknown }
  /** Offered beside the security profile, each with clients of its own. */
  readonly profiles?: readonly ProfileName[]
  readonly warn?: (sentence: string) => void
  /** Where clients `web` and `web2` are told of logouts. */
  readonly logoutAt?: string
  /** Where client `pinged` is notified, and with what. */
  readonly notifyAt?: string
  readonly fetch?: AuthorizationServerOptions['fetch']
  readonly judge?: Partial<CertificateJudge>
  readonly statusLists?: Shape
  /** Of a server that starts with it on keys that were made without. */
  readonly keyEncryption?: AuthorizationServerOptions['keyEncryption']
}

/** A provisioned authorization server on two ephemeral ports. */
export async function startHouse(options: Options = {}): Promise<House> {
  const certificates = makeCertificates()
  const { ca, server: tls } = certificates
  const publicSide = await listening(createServer(tls, (...args) => serve.public(...args)))
  const aliasSide = await listening(
    createServer({ ...tls, ca, requestCert: true, rejectUnauthorized: false }, (...args) =>
      serve.alias(...args),
    ),
  )
  const records = options.records ?? new RecordsInProcess(() => Date.now()) // a test may fake Date
  const profiles: readonly ProfileName[] = ['fapi2-security-profile', ...(options.profiles ?? [])]
  const { clients, keys } = await makeClients(certificates, profiles, options)
  await provision(records, { clients, users, profiles })
  const configuration = checkConfiguration({
    issuer: publicSide.origin,
    mtlsOrigin: aliasSide.origin,
    resources: [
      { indicator: ACCOUNTS, scopes: ['read', 'write'], format: 'jwt', ttl: 300 },
      { indicator: PAYMENTS, scopes: ['pay'], format: 'opaque', ttl: 120 },
    ],
    profiles,
    secondFactor: 'laboratory',
    failures: UNLIMITED, // races fail by the hundred
    ...options.configuration,
  })
  const server = await createAuthorizationServer({
    configuration,
    records: options.through?.(records) ?? records,
    memory: options.memory ?? settledMemory(),
    certificates: { ...judge, ...options.judge },
    ...(options.explain !== undefined && { explain: options.explain }),
    ...(options.report && { report: options.report }),
    ...(options.warn && { warn: options.warn }),
    ...(options.audit && { audit: options.audit }),
    ...(options.fetch && { fetch: options.fetch }),
    ...(options.statusLists && { statusLists: options.statusLists }),
    ...(options.keyEncryption && { keyEncryption: options.keyEncryption }),
  })
  const serve: { public: Listener; alias: Listener } = {
    public: server.publicListener,
    alias: server.mtlsListener,
  }
  return {
    issuer: publicSide.origin,
    alias: aliasSide.origin,
    server,
    records,
    certificates,
    send: sender(ca),
    keys,
    stop: async () => {
      server.close()
      await Promise.all([publicSide, aliasSide].map((side) => closed(side.server)))
    },
  }
}

const unlimited = { most: 1_000_000, within: 60 }
const UNLIMITED = {
  client: unlimited,
  clients: unlimited,
  login: unlimited,
  logins: unlimited,
  loginAnywhere: unlimited,
  userCodes: unlimited,
}

/**
 * A memory that has been complete for an hour, so that nobody is asked for a nonce. Its clock stands,
 * so that a test which fakes the date does not turn it back.
 */
export function settledMemory(limits?: ConstructorParameters<typeof ReplayMemoryInProcess>[1]) {
  let time = Date.now() - 3_600_000
  const memory = new ReplayMemoryInProcess(() => time, limits)
  time = Date.now()
  return memory
}

const users = [
  { login: 'alice', password: 'correct horse', sub: 'sub-alice', claims: { name: 'Alice <A>' } },
  { login: 'bob', password: 'battery staple', sub: 'sub-bob' },
]

export const judge: CertificateJudge = {
  validate: (_certificate, socket) => judgedInHandshake(socket),
  subjectMatches: (certificate, property, expected) =>
    property === 'tls_client_auth_subject_dn' && certificate.subject === expected,
}

async function makeClients(
  { selfSigned }: Certificates,
  profiles: readonly ProfileName[],
  options: Options,
) {
  const keys: { [client: string]: { alg: string; key: CryptoKey } } = {}
  const withKey = async (client_id: string, alg: string) => {
    const pair = await generateKeyPair(alg, { extractable: true })
    keys[client_id] = { alg, key: pair.privateKey }
    const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), alg, kid: client_id }] }
    return { client_id, jwks, token_endpoint_auth_method: 'private_key_jwt' as const }
  }
  const certificate = {
    ...(await exportJWK(new X509Certificate(selfSigned.cert).publicKey)),
    x5c: [selfSigned.cert.replaceAll(/-----[^-]+-----|\s/g, '')],
  }
  const cc = { grant_types: ['client_credentials'] as const }
  const code = {
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'] as const,
    redirect_uris: [CALLBACK, CALLBACK_WITH_QUERY],
    dpop_bound_access_tokens: true,
  }
  const bound = { tls_client_certificate_bound_access_tokens: true }
  const exchange = {
    grant_types: ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'] as const,
  }
  const user = {
    grant_types: [...exchange.grant_types, 'authorization_code', 'refresh_token'] as const,
    redirect_uris: [CALLBACK],
  }
  const device = {
    client_name: 'Living <i>room</i>',
    grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'] as const,
  }
  const ciba = {
    client_name: 'Pay <i>desk</i>',
    grant_types: ['urn:openid:params:grant-type:ciba', 'refresh_token'] as const,
    backchannel_token_delivery_mode: 'poll' as const,
    authorization_details_types: ['account_information'],
  }
  const clients: ClientMetadata[] = [
    {
      ...(await withKey('web', 'ES256')),
      ...code,
      client_name: 'Web <b>shop</b>',
      authorization_details_types: ['payment_initiation', 'account_information'],
      post_logout_redirect_uris: [LOGGED_OUT],
      ...(options.logoutAt !== undefined && {
        backchannel_logout_uri: options.logoutAt,
        backchannel_logout_session_required: true,
      }),
    },
    {
      ...(await withKey('web2', 'PS256')),
      ...code,
      ...(options.logoutAt !== undefined && { backchannel_logout_uri: options.logoutAt }),
    },
    { ...(await withKey('eddsa', 'EdDSA')), ...cc, dpop_bound_access_tokens: true, scope: 'read' },
    {
      ...(await withKey('bound', 'PS256')),
      ...cc,
      tls_client_certificate_bound_access_tokens: true,
    },
    {
      client_id: 'tls-dpop',
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: 'CN=tls-dpop',
      ...cc,
      dpop_bound_access_tokens: true,
    },
    {
      client_id: 'self-signed',
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      jwks: { keys: [certificate] },
      ...cc,
      tls_client_certificate_bound_access_tokens: true,
    },
    {
      ...(await withKey('api', 'ES256')),
      grant_types: [],
      introspection_audiences: [PAYMENTS],
    },
    {
      ...(await withKey('accounts-api', 'ES256')),
      grant_types: [],
      introspection_audiences: [ACCOUNTS],
    },
    { ...(await withKey('stranger', 'ES256')), grant_types: [] },
    {
      ...(await withKey('agent', 'ES256')),
      ...exchange,
      ...user,
      dpop_bound_access_tokens: true,
      authorization_details_types: ['payment_initiation'],
    },
    { ...(await withKey('agent-bound', 'ES256')), ...exchange, ...bound },
    { ...(await withKey('thief', 'ES256')), ...exchange, dpop_bound_access_tokens: true },
    {
      ...(await withKey('orders-api', 'ES256')),
      ...exchange,
      dpop_bound_access_tokens: true,
      introspection_audiences: [ACCOUNTS],
      exchange_resources: [PAYMENTS],
    },
    {
      ...(await withKey('principal', 'ES256')),
      ...cc,
      dpop_bound_access_tokens: true,
      may_act: { sub: 'agent' },
    },
    {
      ...(await withKey('tv', 'ES256')),
      ...device,
      dpop_bound_access_tokens: true,
      authorization_details_types: ['payment_initiation'],
    },
    { ...(await withKey('tv2', 'ES256')), ...device, dpop_bound_access_tokens: true },
    { ...(await withKey('tv-bound', 'ES256')), ...device, ...bound },
    {
      client_id: 'tv-tls',
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: 'CN=tls-dpop',
      ...device,
      dpop_bound_access_tokens: true,
    },
  ]
  const ofProfiles: { readonly [profile in ProfileName]?: () => Promise<ClientMetadata[]> } = {
    'fapi2-message-signing': async () => [
      {
        ...(await withKey('signing', 'ES256')),
        ...code,
        authorization_details_types: ['payment_initiation'],
      },
      {
        ...(await withKey('signing-api', 'ES256')),
        grant_types: [],
        introspection_audiences: [PAYMENTS],
        introspection_signed_response_alg: 'ES256',
      },
    ],
    'compat-oauth2c': async () => [{ ...(await withKey('compat', 'ES256')), ...code }],
    'fapi-ciba': async () => [
      { ...(await withKey('poller', 'ES256')), ...ciba, ...bound },
      { ...(await withKey('poller2', 'PS256')), ...ciba, ...bound },
      {
        ...(await withKey('pinged', 'ES256')),
        ...ciba,
        ...bound,
        backchannel_token_delivery_mode: 'ping',
        backchannel_client_notification_endpoint: options.notifyAt ?? 'https://client.example/ping',
      },
    ],
    'ciba-dpop': async () => [
      { ...(await withKey('by-dpop', 'EdDSA')), ...ciba, dpop_bound_access_tokens: true },
    ],
    'post-quantum': async () => [
      {
        ...(await withKey('quantum', 'ML-DSA-65')),
        ...code,
        access_token_signing_alg: 'ML-DSA-87',
        id_token_signed_response_alg: 'ML-DSA-44',
      },
    ],
  }
  const offered: ClientMetadata[] = []
  for (const profile of profiles)
    for (const client of (await ofProfiles[profile]?.()) ?? []) offered.push({ ...client, profile })
  return { clients: [...clients, ...offered], keys }
}

export async function listening(
  server: HttpsServer,
): Promise<{ server: HttpsServer; origin: string }> {
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return { server, origin: `https://localhost:${portOf(server)}` }
}

export const closed = (server: HttpsServer): Promise<void> =>
  new Promise((resolve) => {
    server.closeAllConnections()
    server.close(() => resolve())
  })
