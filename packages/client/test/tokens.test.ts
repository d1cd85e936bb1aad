import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import type { ClientMaterial } from '../src/index.ts'
import { REQUEST, setUp } from './fixtures/mini-client.ts'

const { server, make, client, dpopClient, callbackUrl } = await setUp()

describe('token_type', () => {
  const withType = async (material: ClientMaterial, token_type: unknown) => {
    server.edits.token = (honest) => ({ ...honest, token_type })
    const connected = await client(material)
    return connected.clientCredentials(REQUEST)
  }

  it.each(['DPoP', 'dpop', 'DPOP'])('RFC9449-5 holds for %s', async (type) => {
    const tokens = await withType(make('private_key_jwt', 'dpop'), type)
    expect(tokens.token_type).toBe('dpop')
  })

  it.each(['Bearer', 'bearer'])('RFC9449-5 refuses %s for a DPoP client', async (type) => {
    await expect(withType(make('private_key_jwt', 'dpop'), type)).rejects.toMatchObject({
      code: 'HOLDFAST_TOKEN_TYPE',
    })
  })

  it('RFC8705-3 holds for bearer and refuses DPoP for a certificate-bound client', async () => {
    const material = make('tls_client_auth', 'mtls')
    expect((await withType(material, 'BEARER')).token_type).toBe('bearer')
    await expect(withType(material, 'DPoP')).rejects.toMatchObject({ code: 'HOLDFAST_TOKEN_TYPE' })
  })

  it.each([undefined, 7, 'N_A', 'mac'])(
    'refuses %s, and its error holds no token',
    async (type) => {
      const material = make('private_key_jwt', 'dpop')
      const error = await withType(material, type).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: expect.stringMatching(/^OAUTH_/) })
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain('access-')
    },
  )

  it('is refused after a refresh and for a code as well', async () => {
    const connected = await dpopClient()
    const authorization = await connected.authorize(REQUEST)
    const tokens = await authorization.callback(callbackUrl())
    server.edits.token = (honest) => ({ ...honest, token_type: 'Bearer' })
    const refused = { code: 'HOLDFAST_TOKEN_TYPE' }
    await expect(connected.refresh(tokens)).rejects.toMatchObject(refused)
    await expect(authorization.callback(callbackUrl())).rejects.toMatchObject(refused)
  })
})

describe('the ID token', () => {
  const request = { scope: 'openid accounts' }
  const login = async (authorizationRequest: { scope: string; maxAge?: number } = request) => {
    const connected = await dpopClient()
    const { callback } = await connected.authorize(authorizationRequest)
    return { connected, tokens: await callback(callbackUrl()) }
  }

  it('is checked and its claims are given', async () => {
    const { tokens } = await login()
    expect(tokens.id_token_claims).toMatchObject({
      sub: 'alice',
      nonce: server.pushed.get('nonce'),
    })
    expect(server.to('/jwks')).toHaveLength(1)
  })

  // oxfmt-ignore
  it.each([
    ['another nonce',    { nonce: 'x' },                          'OAUTH_JWT_CLAIM_COMPARISON_FAILED'],
    ['no nonce',         { nonce: undefined },                    'OAUTH_INVALID_RESPONSE'],
    ['another issuer',   { iss: 'https://attacker.example' },     'OAUTH_JWT_CLAIM_COMPARISON_FAILED'],
    ['another audience', { aud: 'somebody' },                     'OAUTH_JWT_CLAIM_COMPARISON_FAILED'],
    ['an exp long past', { exp: 1 },                              'OAUTH_JWT_TIMESTAMP_CHECK_FAILED'],
  ])('is refused with %s', async (_, edit, code) => {
    server.edits.idToken = (honest) => ({ ...honest, ...edit })
    await expect(login()).rejects.toMatchObject({ code })
  })

  it('is refused when it is missing, or its signature is wrong', async () => {
    server.edits.token = (honest) => ({ ...honest, id_token: undefined })
    await expect(login()).rejects.toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' })
    server.edits.token = (honest) => {
      const [header, claims] = String(honest['id_token']).split('.')
      return { ...honest, id_token: `${header}.${claims}.${'A'.repeat(86)}` }
    }
    await expect(login()).rejects.toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' })
  })

  it('FAPI2-SP-5.4.1 refuses an algorithm that FAPI does not know, though the server offers it', async () => {
    server.edits.metadata = (honest) => ({
      ...honest,
      id_token_signing_alg_values_supported: ['RS256', 'ES256'],
    })
    await expect(login()).resolves.toBeDefined()
    server.edits.idTokenAlg = 'RS256'
    await expect(login()).rejects.toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' })
  })

  it('is refused if the login is older than maxAge', async () => {
    const now = Math.floor(Date.now() / 1000)
    server.edits.idToken = (honest) => ({ ...honest, auth_time: now - 1_000 })
    await expect(login({ ...request, maxAge: 900 })).rejects.toMatchObject({
      code: 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
    })
    await expect(login({ ...request, maxAge: 1_100 })).resolves.toBeDefined()
    expect(server.pushed.get('max_age')).toBe('1100')
  })

  it('of a refresh is about the same subject', async () => {
    const { connected, tokens } = await login()
    await expect(connected.refresh(tokens)).resolves.toMatchObject({ refresh_token: 'refresh-1' })
    server.edits.idToken = (honest) => ({ ...honest, sub: 'mallory' })
    await expect(connected.refresh(tokens)).rejects.toMatchObject({ code: 'HOLDFAST_SUBJECT' })
  })
})

describe('refresh', () => {
  it('keeps the refresh token if no new one came, and takes a new one', async () => {
    const connected = await dpopClient()
    const before = { access_token: 'a', token_type: 'dpop', refresh_token: 'r-1' } as const
    const after = await connected.refresh(before, { resource: REQUEST.resource })
    expect(after).toMatchObject({ refresh_token: 'r-1' })
    expect(after.access_token).not.toBe('a')
    expect(server.to('/token')[0]?.form.get('resource')).toBe(REQUEST.resource)
    server.edits.token = (honest) => ({ ...honest, refresh_token: 'r-2' })
    expect(await connected.refresh(before)).toMatchObject({ refresh_token: 'r-2' })
  })

  it('refuses tokens without one', async () => {
    const connected = await dpopClient()
    const tokens = { access_token: 'a', token_type: 'dpop' } as const
    await expect(connected.refresh(tokens)).rejects.toMatchObject({
      code: 'HOLDFAST_REFRESH_TOKEN',
    })
    expect(server.to('/token')).toEqual([])
  })
})
