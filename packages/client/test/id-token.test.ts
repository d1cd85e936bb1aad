/** A hostile authorization server: every ID token that no honest one would issue. */
import { createHmac } from 'node:crypto'

import { generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'

import { accessTokenHash } from '../src/index.ts'
import { REQUEST, setUp } from './fixtures/mini-client.ts'

const { server, make, dpopClient, callbackUrl } = await setUp()

const request = { scope: 'openid accounts' }
const login = async (asked: { scope: string; maxAge?: number } = request) => {
  const connected = await dpopClient()
  const { callback } = await connected.authorize(asked)
  return { connected, tokens: await callback(callbackUrl()) }
}
const refused = (code: string, reason: string) => ({
  code,
  message: expect.stringContaining(reason),
})

const CLIENT = make('private_key_jwt', 'dpop').clientId
const now = () => Math.floor(Date.now() / 1000)
const COMPARISON = 'OAUTH_JWT_CLAIM_COMPARISON_FAILED'
const TIMESTAMP = 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED'
const INVALID = 'OAUTH_INVALID_RESPONSE'
const OURS = 'HOLDFAST_ID_TOKEN'

it('is checked and its claims are given', async () => {
  const { tokens } = await login()
  expect(tokens.id_token_claims).toMatchObject({
    sub: 'alice',
    nonce: server.pushed.get('nonce'),
  })
  expect(server.to('/jwks')).toHaveLength(1)
})

it('may have us as its only audience in a list', async () => {
  const { clientId: aud } = make('private_key_jwt', 'dpop')
  server.edits.idToken = (honest) => ({ ...honest, aud: [aud] })
  const { tokens } = await login()
  expect(tokens.id_token_claims?.aud).toEqual([aud])
})

it('is checked by the key of its alg, where others have the same kid', async () => {
  const keys = server.jwks.keys.map((key) => ({ ...key, kid: 'ES256' }))
  server.edits.answers = { '/jwks': () => ({ status: 200, body: { keys } }) }
  expect((await login()).tokens.id_token_claims).toMatchObject({ sub: 'alice' })
})

type Claims = Readonly<Record<string, unknown>>

describe('its claims (OpenID Connect Core §3.1.3.7)', () => {
  // oxfmt-ignore
  const EDITS: readonly (readonly [what: string, edit: Claims, code: string, reason: string])[] = [
    ['another iss',               { iss: 'https://attacker.example' },            COMPARISON, '"iss"'],
    ['no iss',                    { iss: undefined },                             INVALID,    '"iss" (issuer) claim missing'],
    ['an iss that is no string',  { iss: ['https://attacker.example'] },          INVALID,    '"iss" (issuer) claim type'],
    ['another aud',               { aud: 'somebody' },                            COMPARISON, '"aud"'],
    ['an aud without us',         { aud: ['somebody', 'else'] },                  COMPARISON, '"aud"'],
    ['no aud',                    { aud: undefined },                             INVALID,    '"aud" (audience) claim missing'],
    ['an aud that is no string',  { aud: { client: CLIENT } },                    INVALID,    '"aud" (audience) claim type'],
    ['an aud with others',        { aud: [CLIENT, 'somebody'] },                  COMPARISON, 'untrusted audiences'],
    ['the same, with our azp',    { aud: [CLIENT, 'somebody'], azp: CLIENT },     OURS,       'has other audiences'],
    ['another azp',               { azp: 'somebody' },                            OURS,       '(azp)'],
    ['no sub',                    { sub: undefined },                             INVALID,    '"sub" (subject) claim missing'],
    ['a sub that is no string',   { sub: 7 },                                     INVALID,    '"sub" (subject) claim type'],
    ['no exp',                    { exp: undefined },                             INVALID,    '"exp" (expiration time) claim missing'],
    ['an exp that is no number',  { exp: '9999999999' },                          INVALID,    '"exp" (expiration time) claim type'],
    ['no iat',                    { iat: undefined },                             INVALID,    '"iat" (issued at) claim missing'],
    ['an iat that is no number',  { iat: 'now' },                                 INVALID,    '"iat" (issued at) claim type'],
    ['an nbf that is no number',  { nbf: 'now' },                                 INVALID,    '"nbf" (not before) claim type'],
    ['another nonce',             { nonce: 'x' },                                 COMPARISON, '"nonce"'],
    ['no nonce',                  { nonce: undefined },                           INVALID,    '"nonce" (nonce) claim missing'],
    ['another at_hash',           { at_hash: accessTokenHash('x').slice(0, 22) }, OURS,       '(at_hash)'],
    ['an auth_time of no number', { auth_time: 'now' },                           INVALID,    '"auth_time"'],
  ]
  it.each(EDITS)('are refused with %s', async (_, edit, code, reason) => {
    server.edits.idToken = (honest) => ({ ...honest, ...edit })
    await expect(login()).rejects.toMatchObject(refused(code, reason))
    server.edits = {}
    await expect(login()).resolves.toBeDefined()
  })

  // The 30 s are openid-client's tolerance, the 60 s ours; ten seconds for a slow machine.
  // oxfmt-ignore
  const LIMITS: readonly (readonly [claim: string, inside: number, outside: number, code: string, reason: string])[] = [
    ['exp', -20, -30, TIMESTAMP, 'expiration is past'],
    ['nbf',  20,  40, TIMESTAMP, '"nbf"'],
    ['iat',  50,  70, OURS,      'dated ahead (iat)'],
  ]
  it.each(LIMITS)(
    '%s is good at %i s from now, and not at %i s',
    async (claim, inside, outside, code, reason) => {
      const at = (seconds: number) => (honest: JWTPayload) => ({
        ...honest,
        [claim]: now() + seconds,
      })
      server.edits.idToken = at(inside)
      await expect(login()).resolves.toBeDefined()
      server.edits.idToken = at(outside)
      await expect(login()).rejects.toMatchObject(refused(code, reason))
    },
  )

  it('at_hash holds for the access token that came with it', async () => {
    server.edits.token = (honest) => ({ ...honest, access_token: 'access' })
    const half = Buffer.from(accessTokenHash('access'), 'base64url').subarray(0, 16)
    server.edits.idToken = (honest) => ({ ...honest, at_hash: half.toString('base64url') })
    await expect(login()).resolves.toMatchObject({ tokens: { access_token: 'access' } })
  })

  it('auth_time is as young as maxAge asks, and there', async () => {
    const asked = (maxAge: number) => login({ ...request, maxAge })
    await expect(asked(900)).rejects.toMatchObject(refused(INVALID, '"auth_time"'))
    server.edits.idToken = (honest) => ({ ...honest, auth_time: now() - 1_000 })
    await expect(asked(900)).rejects.toMatchObject(refused(TIMESTAMP, 'too much time'))
    await expect(asked(1_100)).resolves.toBeDefined()
    expect(server.pushed.get('max_age')).toBe('1100')
  })
})

describe('its signature', () => {
  const segment = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const unsigned = (header: object, claims: JWTPayload) => `${segment(header)}.${segment(claims)}`
  const [es256] = server.jwks.keys
  const hmac = (key: string, claims: JWTPayload) => {
    const input = unsigned({ alg: 'HS256', kid: 'ES256' }, claims)
    return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
  }
  const byAnother = async (header: { kid?: string }, claims: JWTPayload) => {
    const { privateKey } = await generateKeyPair('ES256')
    return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', ...header }).sign(privateKey)
  }
  type Sign = (claims: JWTPayload) => Promise<string>

  // oxfmt-ignore
  const FORGED: readonly (readonly [what: string, sign: Sign, code: string, reason: string])[] = [
    ['alg none',                async (claims) => `${unsigned({ alg: 'none' }, claims)}.`,    INVALID, '"alg"'],
    ['no alg',                  async (claims) => `${unsigned({}, claims)}.`,                 INVALID, '"alg"'],
    ['HS256 by the public key', async (claims) => hmac(JSON.stringify(es256), claims),        INVALID, '"alg"'],
    ['HS256 by its x',          async (claims) => hmac(es256?.x ?? '', claims),               INVALID, '"alg"'],
    ['RS256',                   (claims) => server.sign(claims, 'RS256'),                     INVALID, '"alg"'],
    ['ES384',                   (claims) => server.sign(claims, 'ES384'),                     INVALID, '"alg"'],
    ['another key, our kid',    (claims) => byAnother({ kid: 'ES256' }, claims),              INVALID, 'signature verification failed'],
    ['another key, its kid',    (claims) => byAnother({ kid: 'x' }, claims),                  'OAUTH_KEY_SELECTION_FAILED', 'no applicable keys'],
    ['an unknown crit',         (claims) => server.sign(claims, 'ES256', { crit: ['x-unknown'], 'x-unknown': 1 }), 'OAUTH_UNSUPPORTED_OPERATION', '"crit"'],
    ['two segments',            async (claims) => unsigned({ alg: 'ES256' }, claims),         INVALID, 'Invalid JWT'],
  ]
  it.each(FORGED)('is refused with %s', async (_, sign, code, reason) => {
    server.edits.metadata = (honest) => ({
      ...honest,
      id_token_signing_alg_values_supported: ['none', 'HS256', 'RS256', 'ES384', 'ES256'],
    })
    await expect(login()).resolves.toBeDefined()
    server.edits.signIdToken = sign
    await expect(login()).rejects.toMatchObject(refused(code, reason))
  })

  it('is refused over other claims', async () => {
    server.edits.token = (honest) => {
      const [header, , signature] = String(honest['id_token']).split('.')
      const claims = segment({ iss: server.issuer, aud: CLIENT, sub: 'mallory' })
      return { ...honest, id_token: `${header}.${claims}.${signature}` }
    }
    await expect(login()).rejects.toMatchObject({ code: INVALID })
  })

  it('is asked for: a login without an ID token is none', async () => {
    server.edits.token = (honest) => ({ ...honest, id_token: undefined })
    await expect(login()).rejects.toMatchObject(refused(INVALID, '"id_token"'))
  })
})

describe('of a refresh', () => {
  it('is about the same subject', async () => {
    const { connected, tokens } = await login()
    await expect(connected.refresh(tokens)).resolves.toMatchObject({ refresh_token: 'refresh-1' })
    server.edits.idToken = (honest) => ({ ...honest, sub: 'mallory' })
    await expect(connected.refresh(tokens)).rejects.toMatchObject({ code: 'HOLDFAST_SUBJECT' })
  })

  it('is checked like the first', async () => {
    const { connected, tokens } = await login()
    server.edits.idToken = (honest) => ({ ...honest, azp: 'somebody' })
    await expect(connected.refresh(tokens, REQUEST)).rejects.toMatchObject({ code: OURS })
    server.edits.idToken = (honest) => ({ ...honest, iss: 'https://attacker.example' })
    await expect(connected.refresh(tokens)).rejects.toMatchObject({ code: COMPARISON })
  })
})
