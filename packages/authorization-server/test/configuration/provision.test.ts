import { generateKeyPairSync } from 'node:crypto'
import { RecordsInProcess } from '@holdfast/store'
import { exportJWK, generateKeyPair } from 'jose'
import type { JWK } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { ClientMetadataError, provision, readKeys, registerClient } from '../../src/index.ts'
import type { ClientMetadata } from '../../src/index.ts'
import { makeCertificates } from '../stage/certificates.ts'

let jwk: JWK
let client: ClientMetadata

beforeAll(async () => {
  jwk = await exportJWK((await generateKeyPair('ES256', { extractable: true })).publicKey)
  client = {
    client_id: 'web',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [{ ...jwk }] },
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: ['https://client.example/callback'],
    scope: 'openid read',
    dpop_bound_access_tokens: true,
  }
})

const users = [{ login: 'alice', password: 'correct horse' }]

test('keys, secrets and password hashes are made once and then kept', async () => {
  const records = new RecordsInProcess()
  const all = async () =>
    Promise.all(['KeySet', 'Client', 'User'].map((kind) => records.list(kind)))
  await provision(records, { clients: [client], users })
  const first = await all()
  await provision(records, { clients: [client], users })
  expect(await all()).toEqual(first)
  expect(first.map((list) => list.length)).toEqual([1, 1, 1])
})

test('nodes that provision at the same time agree on one set of keys', async () => {
  const records = new RecordsInProcess()
  await Promise.all([1, 2, 3].map(() => provision(records, { clients: [], users: [] })))
  expect(await records.list('KeySet')).toHaveLength(1)
  const { signing } = await readKeys({ records })
  const algorithms = signing.map(({ alg }) => alg).join(' ')
  expect(algorithms).toBe('PS256 PS256 ES256 ES256 EdDSA EdDSA')
})

test('no password is kept, and a new password replaces the old hash', async () => {
  const records = new RecordsInProcess()
  await provision(records, { clients: [], users })
  const before = await records.findByIndex('User', 'alice')
  expect(JSON.stringify(before)).not.toContain('correct horse')
  await provision(records, { clients: [], users: [{ login: 'alice', password: 'other' }] })
  expect(await records.findByIndex('User', 'alice')).not.toEqual(before)
})

test('scopes of OpenID Connect and of resources are kept apart', async () => {
  const records = new RecordsInProcess()
  const plain = { ...client, client_id: 'plain', scope: 'read' }
  await provision(records, { clients: [client, plain], users: [] })
  const scopesOf = async (id: string) => {
    const { payload } = (await records.find('Client', id))!
    return [payload['scope'], payload['resource_scopes']]
  }
  expect(await scopesOf('web')).toEqual(['openid', ['read']])
  expect(await scopesOf('plain')).toEqual(['offline_access', ['read']])
})

describe('a client weaker than the profile is refused by its clause, and nothing is written', () => {
  const certificates = makeCertificates()
  const der = certificates.other.cert.replaceAll(/-----[^-]+-----|\s/g, '')
  const cases: [clause: string | undefined, edit: () => object][] = [
    ['FAPI2SP-5.3.2.1-2', () => ({ grant_types: ['password'] })],
    ['FAPI2SP-5.3.2.1-2', () => ({ grant_types: ['implicit'] })],
    ['FAPI2SP-5.3.2.1-5', () => ({ dpop_bound_access_tokens: false })],
    ['FAPI2SP-5.3.2.1-5', () => ({ tls_client_certificate_bound_access_tokens: true })],
    ['FAPI2SP-5.3.2.1-6', () => ({ token_endpoint_auth_method: 'none' })],
    ['FAPI2SP-5.3.2.1-6', () => ({ token_endpoint_auth_method: 'client_secret_basic' })],
    ['FAPI2SP-5.3.2.1-6', () => ({ token_endpoint_auth_method: 'client_secret_jwt' })],
    ['FAPI2SP-5.3.2.2-8', () => ({ redirect_uris: ['http://client.example/callback'] })],
    ['FAPI2SP-5.3.2.2-8', () => ({ redirect_uris: ['com.example:/callback'] })],
    ['RPLOGOUT-3.1', () => ({ post_logout_redirect_uris: ['http://client.example/'] })],
    ['BCLOGOUT-2.2', () => ({ backchannel_logout_uri: 'http://localhost/logout' })],
    ['BCLOGOUT-2.2', () => ({ backchannel_logout_uri: 'https://localhost/logout#x' })],
    ['FAPI2SP-5.4.1-1', () => ({ token_endpoint_auth_signing_alg: 'RS256' })],
    ['FAPI2SP-5.4.1-1', () => ({ id_token_signed_response_alg: 'none' })],
    ['FAPI2SP-5.4.1-2', () => ({ jwks: { keys: [{ ...jwk, alg: 'RS256' }] } })],
    ['FAPI2SP-5.4.1-2', () => ({ jwks: { keys: [{ ...jwk, d: 'AA' }] } })],
    ['FAPI2SP-5.4.1-2', () => ({ jwks: { keys: [{ kty: 'oct', k: 'AA' }] } })],
    [
      'FAPI2SP-5.4.1-2',
      () => ({ jwks: { keys: [{ kty: 'RSA', n: 'A'.repeat(171), e: 'AQAB' }] } }),
    ],
    ['FAPI2SP-5.4.1-2', () => ({ jwks: { keys: [longWithZeros(1024)] } })],
    ['FAPI2SP-5.4.1-2', () => ({ jwks: { keys: [{ ...longWithZeros(2048), e: 'AQ' }] } })],
    ['FAPI2SP-5.4.1-2', () => ({ jwks: { keys: [{ ...jwk, y: jwk.x }] } })], // not on the curve
    ['FAPI2SP-5.4.1-2', () => ({ jwks: { keys: [{ ...jwk, alg: 'PS256' }] } })],
    ['RFC8705-2.2', () => ({ token_endpoint_auth_method: 'self_signed_tls_client_auth' })],
    [
      'RFC8705-2.2', // the certificate of another key
      () => ({
        token_endpoint_auth_method: 'self_signed_tls_client_auth',
        jwks: { keys: [{ ...jwk, x5c: [der] }] },
      }),
    ],
    [undefined, () => ({ profile: 'fapi1-advanced' })],
    [undefined, () => ({ dpop_bound_acess_tokens: true })],
    [undefined, () => ({ client_secret: 'secret' })],
    [undefined, () => ({ jwks_uri: 'https://client.example/jwks' })],
  ]
  test.each(cases)('%s', async (clause, edit) => {
    const records = new RecordsInProcess()
    const clients = [{ ...client, ...edit() }]
    const refusal = await provision(records, { clients, users }).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(ClientMetadataError)
    expect(refusal).toMatchObject({ client: 'web', clause })
    expect(await records.list('KeySet')).toEqual([])
    expect(await records.list('Client')).toEqual([])
  })

  test('the honest client is still accepted, and http on loopback with it', async () => {
    const loopback = { ...client, redirect_uris: ['http://127.0.0.1:9876/callback'] }
    const records = new RecordsInProcess()
    await provision(records, { clients: [loopback], users: [] })
    expect(await records.list('Client')).toHaveLength(1)
  })
})

test('RFC9700-4.15.1: no client is named as an end-user is, whoever comes first', async () => {
  const confused = { client: 'alice', clause: 'RFC9700-4.15.1' }
  const named = { ...client, client_id: 'alice' }
  const together = new RecordsInProcess()
  await expect(provision(together, { clients: [named], users })).rejects.toMatchObject(confused)
  expect(await together.list('Client')).toEqual([])
  const one = new RecordsInProcess()
  await provision(one, { clients: [client], users })
  await expect(provision(one, { clients: [named], users: [] })).rejects.toMatchObject(confused)
  await expect(registerClient(one, named)).rejects.toMatchObject(confused)
  const other = new RecordsInProcess()
  await provision(other, { clients: [named], users: [] })
  await expect(provision(other, { clients: [], users })).rejects.toMatchObject(confused)
  expect(await other.list('User')).toEqual([])
})

/** Of so many bits, padded with zeros to twice as many. */
function longWithZeros(bits: number) {
  const short = generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({
    format: 'jwk',
  })
  const n = Buffer.concat([Buffer.alloc(bits / 8), Buffer.from(String(short.n), 'base64url')])
  return { ...short, kty: 'RSA', n: n.toString('base64url') }
}
