/** Dynamic registration by software statements: it can never weaken a client. */
import { hash, randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { CryptoKey, JWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkConfiguration, removeClient } from '../../src/index.ts'
import type { Outcome } from '../../src/index.ts'
import { clientCredentials, now, Prover, verdict } from '../stage/honest.ts'
import { ACCOUNTS, PAYMENTS, startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import type { Response } from '../stage/http.ts'
import { over } from '../stage/stores.ts'

const DIRECTORY = 'https://directory.example'
const directory = await keyPair('directory')
const mine = await keyPair('mine')
const issuers = [{ issuer: DIRECTORY, jwks: { keys: [directory.jwk] } }]

async function keyPair(kid: string): Promise<{ key: CryptoKey; jwk: JWK }> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { key: privateKey, jwk: { ...(await exportJWK(publicKey)), alg: 'ES256', kid } }
}

let house: House
let prover: Prover
const outcomes: Outcome[] = []
/** What happens between the moment at which a client is looked at and that at which it is written. */
let atNextWrite = async () => {}
beforeAll(async () => {
  house = await startHouse({
    explain: true,
    through: (records) => ({
      ...over(records),
      async upsert(record) {
        const happens = atNextWrite
        atNextWrite = async () => {}
        await happens()
        await records.upsert(record)
      },
    }),
    configuration: { softwareStatementIssuers: issuers },
    audit: (outcome) => outcomes.push(outcome),
  })
  prover = await Prover.new()
})
afterAll(() => house.stop())

type Members = { readonly [member: string]: unknown }

const STATED = {
  software_id: 'shop-app',
  client_name: 'Shop',
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [mine.jwk] },
  redirect_uris: ['https://shop.example/callback'],
  scope: 'openid read',
  grant_types: ['authorization_code', 'client_credentials'],
}

const statement = (edit: Members = {}, { key = directory.key, header = {} } = {}) =>
  new SignJWT(
    JSON.parse(
      JSON.stringify({
        iss: DIRECTORY,
        iat: now(),
        exp: now() + 300,
        jti: randomUUID(),
        ...STATED,
        ...edit,
      }),
    ),
  )
    .setProtectedHeader({ alg: 'ES256', kid: 'directory', ...header })
    .sign(key)

interface Sending {
  readonly method?: string
  readonly by?: Prover | undefined
  readonly token?: string
  readonly scheme?: string
  /** Claims of the proof. */
  readonly claims?: Members
}

async function send(url: string, body: Members | undefined, sending: Sending = {}) {
  const { method = 'POST', by = prover, token, scheme = 'DPoP' } = sending
  const ath = token === undefined ? {} : { ath: hash('sha256', token, 'base64url') }
  const claims = { htm: method, ...ath, ...sending.claims }
  const proofless = 'by' in sending && sending.by === undefined
  return house.send({
    url,
    method,
    headers: {
      'content-type': 'application/json',
      ...(!proofless && { dpop: await by.proof(url, claims) }),
      ...(token !== undefined && { authorization: `${scheme} ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
}

const register = async (asked: Members = {}, stated: Members = {}, sending: Sending = {}) =>
  send(
    `${house.issuer}/register`,
    { software_statement: await statement(stated), dpop_bound_access_tokens: true, ...asked },
    sending,
  )

const manage = (registered: Response, method: string, more: Sending & { body?: Members } = {}) =>
  send(String(registered.json['registration_client_uri']), more.body, {
    token: String(registered.json['registration_access_token']),
    ...more,
    method,
  })

const updateOf = ({ json }: Response, edit: Members = {}) => ({
  client_id: json['client_id'],
  dpop_bound_access_tokens: true,
  ...edit,
})

/** Gets a token as this client, by the key of its statement. */
async function tokenOf({ json }: Response) {
  const client = String(json['client_id'])
  const claims = { iss: client, sub: client, aud: house.issuer, jti: randomUUID() }
  const client_assertion = await new SignJWT({ ...claims, exp: now() + 60 })
    .setProtectedHeader({ alg: 'ES256', kid: 'mine' })
    .sign(mine.key)
  const form = { client_id: client, client_assertion, resource: ACCOUNTS, scope: 'read' }
  return house.send(await clientCredentials(house, prover, form))
}

test('RFC7591-3.2.1: a statement registers a client, which gets a constrained token', async () => {
  const answer = await register({
    id_token_signed_response_alg: 'ES256',
    contacts: ['a@b.example'],
  })
  expect(answer.status).toBe(201)
  expect(answer.headers['cache-control']).toBe('no-store')
  expect(answer.json).toMatchObject({
    ...STATED,
    dpop_bound_access_tokens: true,
    id_token_signed_response_alg: 'ES256',
    client_id_issued_at: expect.any(Number),
    registration_client_uri: `${house.issuer}/register/${String(answer.json['client_id'])}`,
  })
  for (const none of ['client_secret', 'resource_scopes', 'contacts'])
    expect(answer.json).not.toHaveProperty(none)
  expect(await tokenOf(answer)).toMatchObject({ status: 200, json: { token_type: 'DPoP' } })
  expect(outcomes.find(({ endpoint }) => endpoint === 'registration')).toMatchObject({
    outcome: 'accepted',
    client: answer.json['client_id'],
    jkt: prover.jkt,
  })
})

describe('RFC7591-2.3 refuses a software statement', () => {
  const other = keyPair('directory')
  test.each<[what: string, made: () => unknown, error: string]>([
    ['that is missing', () => undefined, 'invalid_software_statement'],
    ['that is no JWT', () => 'x', 'invalid_software_statement'],
    [
      'of another issuer',
      () => statement({ iss: 'https://evil.example' }),
      'unapproved_software_statement',
    ],
    [
      'signed by another key',
      async () => statement({}, { key: (await other).key }),
      'invalid_software_statement',
    ],
    [
      'by an unknown key',
      () => statement({}, { header: { kid: 'x' } }),
      'invalid_software_statement',
    ],
    [
      'that is a JWT of another type',
      () => statement({}, { header: { typ: 'at+jwt' } }),
      'invalid_software_statement',
    ],
    ['that has expired', () => statement({ exp: now() - 1 }), 'invalid_software_statement'],
    ['without exp', () => statement({ exp: undefined }), 'invalid_software_statement'],
    ['without jti', () => statement({ jti: undefined }), 'invalid_software_statement'],
    ['dated ahead', () => statement({ iat: now() + 62 }), 'invalid_software_statement'],
    [
      'for a weaker profile',
      () => statement({ profile: 'compat-oauth2c' }),
      'unapproved_software_statement',
    ],
  ])('%s', async (_what, made, error) => {
    const before = (await house.records.list('Client')).length
    expect(verdict(await register({ software_statement: await made() }))).toEqual([400, error])
    expect(await house.records.list('Client')).toHaveLength(before)
  })

  test('that was used, also in parallel', async () => {
    const software_statement = await statement()
    const all = await Promise.all(
      Array.from({ length: 10 }, () => register({ software_statement })),
    )
    expect(all.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(verdict(await register({ software_statement }))).toEqual([
      400,
      'invalid_software_statement',
    ])
  })
})

const WEAKER: readonly (readonly [what: string, edit: Members, clause: string])[] = [
  ['no constraint', { dpop_bound_access_tokens: false }, 'FAPI2SP-5.3.2.1-5'],
  ['both', { tls_client_certificate_bound_access_tokens: true }, 'FAPI2SP-5.3.2.1-5'],
  ['no authentication', { token_endpoint_auth_method: 'none' }, 'FAPI2SP-5.3.2.1-6'],
  ['a secret', { client_secret: 'secret' }, 'FAPI2SP-5.3.2.1-6'],
  ['another method', { token_endpoint_auth_method: 'tls_client_auth' }, 'RFC7591-3.2.2'],
  ['the password grant', { grant_types: ['password'] }, 'FAPI2SP-5.3.2.1-2'],
  ['one more grant', { grant_types: ['client_credentials', 'refresh_token'] }, 'RFC7591-2.3'],
  ['an implicit response', { response_types: ['token'] }, 'FAPI2SP-5.3.2.2-1'],
  ['a weak algorithm', { id_token_signed_response_alg: 'RS256' }, 'FAPI2SP-5.4.1-1'],
  ['keys by reference', { jwks_uri: 'https://shop.example/jwks' }, 'RFC7591-2'],
  ['another callback', { redirect_uris: ['https://evil.example/'] }, 'RFC7591-3.2.2'],
  ['a callback without TLS', { redirect_uris: ['http://evil.example/'] }, 'FAPI2SP-5.3.2.2-8'],
  ['another name', { client_name: 'Your bank' }, 'RFC7591-3.2.2'],
  ['tokens of other resources', { exchange_resources: [PAYMENTS] }, 'RFC7591-3.2.2'],
  ['somebody who acts for it', { may_act: { sub: 'agent' } }, 'RFC7591-3.2.2'],
  ['more scope', { scope: 'openid read write' }, 'RFC7591-3.2.2'],
  ['another profile', { profile: 'fapi2-security-profile' }, 'RFC7591-3.2.2'],
  ['other people’s tokens', { introspection_audiences: [ACCOUNTS] }, 'RFC7591-3.2.2'],
  ['other details', { authorization_details_types: ['payment_initiation'] }, 'RFC7591-3.2.2'],
  ['other logouts', { backchannel_logout_uri: 'https://localhost/x' }, 'RFC7591-3.2.2'],
]

/** What the answer says, and the clause that it and the audit name. */
const refusal = (answer: Response) => [
  ...verdict(answer),
  /^(\S+): /.exec(String(answer.json['error_description']))?.[1],
  outcomes.at(-1)?.clause,
]

const refused = (clause: string, edit: Members) => {
  const error = 'redirect_uris' in edit ? 'invalid_redirect_uri' : 'invalid_client_metadata'
  return [400, error, clause, clause]
}

describe('a registration is refused that asks for', () => {
  test.each(WEAKER)('%s', async (_what, edit, clause) => {
    expect(refusal(await register(edit))).toEqual(refused(clause, edit))
  })

  test('another key', async () => {
    const { jwk } = await keyPair('evil')
    const edit = { jwks: { keys: [jwk] } }
    expect(refusal(await register(edit))).toEqual(refused('RFC7591-3.2.2', edit))
  })

  test.each([{ grant_types: 'password' }, { jwks: [] }, { redirect_uris: [1] }])(
    'something of the wrong type: %j',
    async (edit) => {
      expect(verdict(await register(edit))).toEqual([400, 'invalid_client_metadata'])
    },
  )

  test('a name of its own, where its statement gives it none', async () => {
    const edit = { client_name: 'Your bank' }
    const answer = await register(edit, { client_name: undefined })
    expect(refusal(answer)).toEqual(refused('RFC7591-3.2.2', edit))
  })

  test('a logout that no host of ours may be told of', async () => {
    const stated = { backchannel_logout_uri: 'https://elsewhere.example/logout' }
    expect(verdict(await register({}, stated))).toEqual([400, 'invalid_client_metadata'])
  })
})

describe('metadata downgrade by registration update is refused:', () => {
  let registered: Response
  beforeAll(async () => {
    registered = await register()
  })

  test.each(WEAKER)('%s', async (_what, edit, clause) => {
    const answer = await manage(registered, 'PUT', { body: updateOf(registered, edit) })
    expect(refusal(answer)).toEqual(refused(clause, edit))
    // The token is not spent by what was refused, and the client is what it was.
    const { status, json } = await manage(registered, 'GET')
    expect(status).toBe(200)
    expect(json).toEqual(registered.json)
  })

  test.each([
    ['another client_id', { client_id: 'web' }, 'invalid_request'],
    ['a token', { registration_access_token: 'x' }, 'invalid_request'],
    ['another statement', { software_statement: 'x' }, 'invalid_software_statement'],
  ])('%s', async (_what, edit, error) => {
    const answer = await manage(registered, 'PUT', { body: updateOf(registered, edit) })
    expect(verdict(answer)).toEqual([400, error])
  })

  test('the honest update still works', async () => {
    const edit = { id_token_signed_response_alg: 'ES256' }
    const answer = await manage(registered, 'PUT', { body: updateOf(registered, edit) })
    expect(answer).toMatchObject({ status: 200, json: edit })
  })
})

describe('RFC7592-5: a registration access token', () => {
  const unknown = [401, 'invalid_token']

  test('is replaced at every update; of updates in parallel one wins', async () => {
    const registered = await register()
    const body = updateOf(registered)
    const all = await Promise.all(
      Array.from({ length: 5 }, () => manage(registered, 'PUT', { body })),
    )
    const [winner, ...more] = all.filter(({ status }) => status === 200)
    expect(more).toEqual([])
    expect(verdict(await manage(registered, 'GET'))).toEqual(unknown)
    expect((await manage(winner!, 'GET')).status).toBe(200)
  })

  test('is for one client', async () => {
    const [one, other] = [await register(), await register()]
    const token = String(other.json['registration_access_token'])
    expect(verdict(await manage(one, 'GET', { token }))).toEqual(unknown)
    expect(verdict(await manage(one, 'DELETE', { token }))).toEqual(unknown)
  })

  test('is nothing without the key that registered it', async () => {
    const registered = await register()
    expect(verdict(await manage(registered, 'GET', { by: await Prover.new() }))).toEqual(unknown)
    expect(verdict(await manage(registered, 'GET', { by: undefined }))).toEqual([
      400,
      'invalid_dpop_proof',
    ])
    expect(verdict(await manage(registered, 'GET', { scheme: 'Bearer' }))).toEqual(unknown)
    expect((await manage(registered, 'GET')).status).toBe(200)
  })

  test('RFC9449-4.3-12a: is nothing with a proof that is not for it', async () => {
    const registered = await register()
    for (const ath of [undefined, hash('sha256', 'another', 'base64url')])
      expect(verdict(await manage(registered, 'GET', { claims: { ath } }))).toEqual([
        400,
        'invalid_dpop_proof',
      ])
    expect(outcomes.at(-1)).toMatchObject({ outcome: 'refused', clause: 'RFC9449-4.3-12a' })
    expect((await manage(registered, 'GET')).status).toBe(200)
  })

  test('is not given without a proof', async () => {
    expect(verdict(await register({}, {}, { by: undefined }))).toEqual([400, 'invalid_dpop_proof'])
  })

  test('a client that is deleted is gone, and so is its token', async () => {
    const registered = await register()
    const url = `${house.issuer}/register/${String(registered.json['client_id'])}`
    expect((await manage(registered, 'DELETE')).status).toBe(204)
    expect(verdict(await manage(registered, 'GET'))).toEqual(unknown)
    expect(verdict(await tokenOf(registered))).toEqual([401, 'invalid_client'])
    expect((await send(url, undefined, { method: 'GET' })).status).toBe(401)
  })

  test('a client that the operator has removed does not come back by an update', async () => {
    const registered = await register()
    const client = String(registered.json['client_id'])
    await removeClient(house.records, client)
    for (const [method, body] of [['GET'], ['PUT', updateOf(registered)], ['DELETE']] as const)
      expect(verdict(await manage(registered, method, body && { body }))).toEqual(unknown)
    expect(await house.records.find('Client', client)).toBeUndefined()
  })

  test('nor by one that is under way', async () => {
    const registered = await register()
    const client = String(registered.json['client_id'])
    atNextWrite = () => removeClient(house.records, client)
    const answer = await manage(registered, 'PUT', { body: updateOf(registered) })
    expect(verdict(answer)).toEqual(unknown)
    expect(await house.records.find('Client', client)).toBeUndefined()
  })

  test('that was used, or whose client is gone, leaves nothing in the store', async () => {
    const kept = async () => (await house.records.list('RegistrationAccessToken')).length
    const before = await kept()
    let registered = await register()
    for (let time = 0; time < 3; time += 1)
      registered = await manage(registered, 'PUT', { body: updateOf(registered) })
    expect(await kept()).toBe(before + 1)
    expect((await manage(registered, 'DELETE')).status).toBe(204)
    expect(await kept()).toBe(before)
  })

  test('a client that the operator registered has none', async () => {
    const answer = await send(`${house.issuer}/register/web`, undefined, {
      method: 'GET',
      token: 'x',
    })
    expect(verdict(answer)).toEqual(unknown)
  })
})

test('discovery names the endpoint where there is one', async () => {
  const { json } = await house.send({ url: `${house.issuer}/.well-known/openid-configuration` })
  expect(json['registration_endpoint']).toBe(`${house.issuer}/register`)
})

test('an issuer is configured with strong public keys only', () => {
  const configured = (jwk: Members) => () =>
    checkConfiguration({
      issuer: 'https://as.example',
      mtlsOrigin: 'https://mtls.as.example',
      resources: [{ indicator: ACCOUNTS, scopes: ['read'], format: 'jwt', ttl: 300 }],
      softwareStatementIssuers: [{ issuer: DIRECTORY, jwks: { keys: [jwk] } }],
    })
  expect(configured({ kty: 'oct', k: 'AA' })).toThrow('softwareStatementIssuers[0].jwks')
  expect(configured({ ...directory.jwk, d: 'AA' })).toThrow('FAPI2SP-5.4.1-2')
  expect(configured({ ...directory.jwk })().softwareStatementIssuers).toHaveLength(1)
})
