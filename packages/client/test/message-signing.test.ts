import { createHmac, createPublicKey } from 'node:crypto'
import { decodeJwt, generateKeyPair, jwtVerify, type JWTPayload, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'

import { REQUEST, setUp } from './fixtures/mini-client.ts'
import { REDIRECT_URI } from './fixtures/materials.ts'

const { server, make, client, callbackUrl } = await setUp()

const material = make('private_key_jwt', 'dpop')
const signing = () => client(material, { messageSigning: true })

describe('Message signing: the request', () => {
  it('FAPI2MS-5.3.2 holds: everything is signed, for this server, for a minute', async () => {
    const { url } = await (await signing()).authorize(REQUEST)
    const request = server.pushed.get('request') ?? ''
    // Beside it only what authenticates the client.
    expect([...server.pushed.keys()].toSorted()).toEqual([
      'client_assertion',
      'client_assertion_type',
      'client_id',
      'request',
    ])
    const key = createPublicKey({ key: { ...material.key }, format: 'jwk' })
    const { payload, protectedHeader } = await jwtVerify(request, key, { audience: server.issuer })
    expect(protectedHeader).toEqual({
      alg: material.key?.alg,
      kid: material.key?.kid,
      typ: 'oauth-authz-req+jwt',
    })
    expect(payload).toMatchObject({
      iss: material.clientId,
      client_id: material.clientId,
      response_type: 'code',
      response_mode: 'jwt',
      redirect_uri: REDIRECT_URI,
      code_challenge_method: 'S256',
      dpop_jkt: expect.any(String),
      jti: expect.any(String),
      ...REQUEST,
    })
    expect((payload.exp ?? 0) - (payload.nbf ?? 0)).toBe(60)
    expect(url.searchParams.has('request')).toBe(false)
  })

  it('refuses to begin without a key', async () => {
    const keyless = make('tls_client_auth', 'mtls')
    await expect(client(keyless, { messageSigning: true })).rejects.toMatchObject({
      code: 'HOLDFAST_KEY',
    })
  })
})

describe('Message signing: the response (JARM)', () => {
  const honest = (): JWTPayload => ({
    iss: server.issuer,
    aud: material.clientId,
    exp: Math.floor(Date.now() / 1_000) + 120,
    state: String(decodeJwt(server.pushed.get('request') ?? '')['state']),
    code: 'code-1',
  })

  const back = (response: string): URL => {
    const url = new URL(REDIRECT_URI)
    url.searchParams.set('response', response)
    return url
  }

  const outcome = async (respond: () => Promise<URL>) => {
    const { callback } = await (await signing()).authorize(REQUEST)
    const error = await callback(await respond()).catch((reason: unknown) => reason)
    return { error, redeemed: server.to('/token').length }
  }

  it('holds for what the server signed', async () => {
    const { callback } = await (await signing()).authorize(REQUEST)
    const tokens = await callback(back(await server.sign(honest())))
    expect(tokens).toMatchObject({ token_type: 'dpop' })
    expect(server.to('/token')[0]?.form.get('code')).toBe('code-1')
  })

  const edits: [what: string, edit: () => Partial<Record<string, unknown>>, code: string][] = [
    [
      'another iss',
      () => ({ iss: 'https://attacker.example' }),
      'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
    ],
    ['no iss', () => ({ iss: undefined }), 'OAUTH_INVALID_RESPONSE'],
    ['another aud', () => ({ aud: 'somebody' }), 'OAUTH_JWT_CLAIM_COMPARISON_FAILED'],
    ['no aud', () => ({ aud: undefined }), 'OAUTH_INVALID_RESPONSE'],
    [
      'exp a minute ago',
      () => ({ exp: Math.floor(Date.now() / 1_000) - 60 }),
      'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
    ],
    ['no exp', () => ({ exp: undefined }), 'OAUTH_INVALID_RESPONSE'],
    [
      'nbf a minute ahead',
      () => ({ nbf: Math.floor(Date.now() / 1_000) + 60 }),
      'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
    ],
    ['another state', () => ({ state: 'x' }), 'OAUTH_INVALID_RESPONSE'],
    ['no state', () => ({ state: undefined }), 'OAUTH_INVALID_RESPONSE'],
  ]
  it.each(edits)('refuses %s, and sends no code', async (_, edit, code) => {
    const { error, redeemed } = await outcome(async () =>
      back(await server.sign({ ...honest(), ...edit() })),
    )
    expect(error).toMatchObject({ code })
    expect(redeemed).toBe(0)
  })

  it('takes an exp that is just past: openid-client allows for 30 s', async () => {
    const exp = Math.floor(Date.now() / 1_000) - 20
    const { error } = await outcome(async () => back(await server.sign({ ...honest(), exp })))
    expect(error).toMatchObject({ token_type: 'dpop' })
  })

  it('refuses alg none, HS256 by the public key, RS256, ES384, another key, and what nobody signed; and sends no code', async () => {
    const none = `${btoa('{"alg":"none"}')}.`
    const unsigned = () => Buffer.from(JSON.stringify(honest())).toString('base64url')
    const hmac = () => {
      const input = `${Buffer.from('{"alg":"HS256","kid":"ES256"}').toString('base64url')}.${unsigned()}`
      const key = JSON.stringify(server.jwks.keys[0])
      return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
    }
    const { privateKey } = await generateKeyPair('ES256')
    const forged = () =>
      new SignJWT(honest()).setProtectedHeader({ alg: 'ES256', kid: 'ES256' }).sign(privateKey)
    const refused: [respond: () => Promise<URL>, code: string][] = [
      [async () => back(`${none}${unsigned()}.`), 'OAUTH_INVALID_RESPONSE'],
      [async () => back(hmac()), 'OAUTH_INVALID_RESPONSE'],
      [async () => back(await server.sign(honest(), 'RS256')), 'OAUTH_INVALID_RESPONSE'],
      [async () => back(await server.sign(honest(), 'ES384')), 'OAUTH_INVALID_RESPONSE'],
      [async () => back(await forged()), 'OAUTH_INVALID_RESPONSE'],
      [async () => callbackUrl({ state: String(honest()['state']) }), 'OAUTH_INVALID_RESPONSE'],
    ]
    for (const [respond, code] of refused) {
      const { error, redeemed } = await outcome(respond)
      expect(error).toMatchObject({ code })
      expect(redeemed).toBe(0)
    }
  })

  it('reports an error of the server, by what it signed', async () => {
    const { error } = await outcome(async () =>
      back(await server.sign({ ...honest(), code: undefined, error: 'access_denied' })),
    )
    expect(error).toMatchObject({ error: 'access_denied' })
  })
})
