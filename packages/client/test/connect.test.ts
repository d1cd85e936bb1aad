import { describe, expect, it } from 'vitest'

import { accessTokenHash, certificateThumbprint } from '../src/index.ts'
import { REQUEST, setUp } from './fixtures/mini-client.ts'
import { startMiniServer } from './fixtures/mini-server.ts'

const { pki, server, make, client, dpopClient } = await setUp()
const CERTIFICATE = certificateThumbprint(pki.client.chain)

describe('call', () => {
  it('RFC9449-7.1 presents the token with scheme DPoP and a fresh proof of this request', async () => {
    const connected = await dpopClient()
    const tokens = await connected.clientCredentials(REQUEST)
    const url = `${server.issuer}/accounts?page=2`
    for (const method of ['GET', 'PUT']) await connected.call(tokens, method, url)
    const [get, put] = server.to('/accounts')
    expect(get?.headers.authorization).toBe(`DPoP ${tokens.access_token}`)
    expect(get?.proof).toMatchObject({
      htm: 'GET',
      htu: `${server.issuer}/accounts`,
      ath: accessTokenHash(tokens.access_token),
    })
    expect(put?.proof).toMatchObject({ htm: 'PUT' })
    expect(put?.proof?.jti).not.toBe(get?.proof?.jti)
  })

  it('RFC8705-3 presents the token with scheme Bearer over mutual TLS', async () => {
    const connected = await client(make('private_key_jwt', 'mtls'))
    const tokens = await connected.clientCredentials(REQUEST)
    await connected.call(tokens, 'GET', `${server.alias}/accounts`, { headers: { 'x-note': 'hi' } })
    expect(server.to('/accounts')[0]).toMatchObject({
      certificate: CERTIFICATE,
      proof: undefined,
      headers: { authorization: `Bearer ${tokens.access_token}`, 'x-note': 'hi' },
    })
  })

  it('does not follow a redirect to another origin', async () => {
    const other = await startMiniServer(pki)
    server.edits.accounts = (response) =>
      response.writeHead(307, { location: `${other.issuer}/accounts` }).end()
    const connected = await dpopClient()
    const tokens = await connected.clientCredentials(REQUEST)
    const response = await connected.call(tokens, 'GET', `${server.issuer}/accounts`)
    other.close()
    expect(response.status).toBe(307)
    expect(other.requests).toEqual([])
  })

  it('does not follow a redirect of the authorization server, with assertion and proof', async () => {
    const other = await startMiniServer(pki)
    const connected = await dpopClient()
    const tokens = { access_token: 'a', token_type: 'dpop', refresh_token: 'r' } as const
    for (const path of ['/token', '/par']) {
      server.edits.redirect = { [path]: `${other.issuer}${path}` }
      const send = path === '/par' ? connected.authorize(REQUEST) : connected.refresh(tokens)
      await expect(send).rejects.toMatchObject({
        code: 'OAUTH_RESPONSE_IS_NOT_CONFORM',
        message: expect.stringContaining('HTTP 307'),
      })
    }
    other.close()
    expect(other.requests).toEqual([])
  })

  it('returns a refusal as a response', async () => {
    const challenge = 'DPoP error="invalid_token"'
    server.edits.accounts = (response) =>
      response.writeHead(401, { 'www-authenticate': challenge }).end('why')
    const connected = await dpopClient()
    const tokens = await connected.clientCredentials(REQUEST)
    const response = await connected.call(tokens, 'GET', `${server.issuer}/accounts`)
    expect(response.headers.get('www-authenticate')).toBe(challenge)
    expect(await response.text()).toBe('why')
    expect(server.to('/accounts')).toHaveLength(1)
  })

  it('refuses to send a token over http, and headers that are its own', async () => {
    const connected = await dpopClient()
    const tokens = await connected.clientCredentials(REQUEST)
    await expect(connected.call(tokens, 'GET', 'http://localhost:1/')).rejects.toMatchObject({
      code: 'OAUTH_HTTP_REQUEST_FORBIDDEN',
    })
    for (const name of ['Authorization', 'DPoP']) {
      const headers = { [name]: 'x' }
      await expect(
        connected.call(tokens, 'GET', `${server.issuer}/accounts`, { headers }),
      ).rejects.toMatchObject({ code: 'HOLDFAST_HEADER' })
    }
  })

  it('reports the status of an authorization server that is out of order', async () => {
    server.edits.metadata = (honest) => ({ ...honest, token_endpoint: `${server.issuer}/nowhere` })
    const connected = await dpopClient()
    await expect(connected.clientCredentials(REQUEST)).rejects.toThrow(/status code: HTTP 404/)
  })
})
