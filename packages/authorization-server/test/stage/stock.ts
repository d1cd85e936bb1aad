/**
 * A stock oidc-provider, configured with care: every switch of FAPI 2.0 that it has is on. What is
 * left open is what a host has to close.
 */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:https'
import { exportJWK, generateKeyPair } from 'jose'
import type { CryptoKey } from 'jose'
import { Provider } from 'oidc-provider'
import type { Adapter, AdapterPayload, ClientMetadata, Configuration } from 'oidc-provider'
import { endpoints } from '../../src/vocabulary/endpoints.ts'
import { makeCertificates } from './certificates.ts'
import { ACCOUNTS, CALLBACK, closed, listening } from './house.ts'
import type { Server } from './house.ts'
import { sender } from './http.ts'

export interface Stock extends Server {
  /** Starts again, with nothing but its configuration. */
  readonly restart: () => void
  readonly register: (client: ClientMetadata) => void
  readonly stop: () => Promise<void>
}

interface Options {
  /** `library`: the default adapter. `slow`: one that takes its time, as a store elsewhere would. */
  readonly store: 'library' | 'slow'
  readonly nonce?: boolean
}

export async function startStock({ store, nonce = false }: Options): Promise<Stock> {
  const certificates = makeCertificates()
  const side = await listening(
    createServer(certificates.server, (request, response) => void answer(request, response)),
  )
  const { clients, keys } = await makeClients()
  const signing = await generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await exportJWK(signing.privateKey)), alg: 'ES256', use: 'sig', kty: 'EC' }
  const nonceSecret = randomBytes(32)
  const start = () => {
    const provider = new Provider(side.origin, {
      ...configuration(nonceSecret, nonce),
      clients: [...clients.values()],
      jwks: { keys: [jwk] },
      ...(store === 'slow' && { adapter: slowStore() }),
    })
    provider.proxy = true // as behind a reverse proxy that ends TLS
    return provider.callback()
  }
  let answer = start()
  return {
    issuer: side.origin,
    keys,
    send: sender(certificates.ca),
    restart: () => {
      answer = start()
    },
    register: (client) => {
      clients.set(client.client_id, client)
      answer = start()
    },
    stop: () => closed(side.server),
  }
}

const configuration = (nonceSecret: Buffer, nonce: boolean): Configuration => ({
  routes: endpoints,
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  clientAuthMethods: ['private_key_jwt'],
  responseTypes: ['code'],
  scopes: ['openid', 'offline_access', 'read'],
  pkce: { required: () => true },
  cookies: { keys: ['stock'] },
  rotateRefreshToken: false,
  clientDefaults: { id_token_signed_response_alg: 'ES256', response_types: [], grant_types: [] },
  features: {
    fapi: { enabled: true, profile: '2.0' },
    dPoP: { enabled: true, nonceSecret, requireNonce: () => nonce },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        audience: ACCOUNTS,
        scope: 'read',
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
})

async function makeClients() {
  const keys: { [client: string]: { alg: string; key: CryptoKey } } = {}
  const client = async (client_id: string, alg: string): Promise<ClientMetadata> => {
    const pair = await generateKeyPair(alg, { extractable: true })
    keys[client_id] = { alg, key: pair.privateKey }
    return {
      client_id,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ ...(await exportJWK(pair.publicKey)), alg, kid: client_id, kty: 'EC' }] },
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      response_types: ['code'],
      redirect_uris: [CALLBACK],
      dpop_bound_access_tokens: true,
    }
  }
  const clients = new Map<string, ClientMetadata>()
  for (const id of ['web', 'stranger']) clients.set(id, await client(id, 'ES256'))
  return { clients, keys }
}

/** The adapter that the library's documentation has one write, over a store that takes its time. */
function slowStore() {
  const rows = new Map<string, AdapterPayload>()
  return (model: string): Adapter => {
    // What is used once is looked up by all of a race before the first has written.
    const milliseconds = model === 'ReplayDetection' || model === 'AuthorizationCode' ? 150 : 3
    const pause = () => new Promise((resolve) => setTimeout(resolve, milliseconds))
    return {
      async upsert(id, payload) {
        await pause()
        rows.set(`${model}:${id}`, payload)
      },
      async find(id) {
        await pause()
        return structuredClone(rows.get(`${model}:${id}`))
      },
      async findByUid(uid) {
        await pause()
        return structuredClone([...rows.values()].find((row) => row.uid === uid))
      },
      findByUserCode: async () => undefined,
      async consume(id) {
        await pause()
        Object.assign(rows.get(`${model}:${id}`) ?? {}, {
          consumed: Math.floor(Date.now() / 1_000),
        })
      },
      async destroy(id) {
        await pause()
        rows.delete(`${model}:${id}`)
      },
      async revokeByGrantId(grant) {
        await pause()
        for (const [key, row] of rows) if (row.grantId === grant) rows.delete(key)
      },
    }
  }
}
