import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { accessTokenHash } from '../src/index.ts'
import { REQUEST, setUp } from './fixtures/mini-client.ts'
import { REDIRECT_URI } from './fixtures/materials.ts'

const { server, dpopClient, callbackUrl } = await setUp()

describe('the authorization code flow', () => {
  it('pushes PKCE S256 and state, and sends the browser with client_id and request_uri only', async () => {
    const connected = await dpopClient()
    const { url } = await connected.authorize({ ...REQUEST, parameters: { prompt: 'consent' } })
    expect(Object.fromEntries(server.pushed)).toMatchObject({
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      prompt: 'consent',
      ...REQUEST,
    })
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: connected.material.clientId,
      request_uri: 'urn:example:1',
    })
  })

  it('redeems the code with verifier and redirect URI', async () => {
    const connected = await dpopClient()
    const tokens = await (await connected.authorize(REQUEST)).callback(callbackUrl().href)
    const form = Object.fromEntries(server.to('/token')[0]?.form ?? [])
    expect(form).toMatchObject({
      code: 'code-1',
      redirect_uri: REDIRECT_URI,
      resource: REQUEST.resource,
    })
    const verifier = String(form['code_verifier'])
    expect(accessTokenHash(verifier)).toBe(server.pushed.get('code_challenge')) // SHA-256 as well
    expect(tokens).toMatchObject({
      token_type: 'dpop',
      refresh_token: 'refresh-1',
      expires_in: 300,
    })
    expect(tokens).not.toHaveProperty('id_token')
  })

  // oxfmt-ignore
  it.each([
    ['RFC9207-2.4 refuses another iss',      { iss: 'https://attacker.example' }, 'OAUTH_INVALID_RESPONSE'],
    ['RFC9207-2.4 refuses no iss',           { iss: undefined },                  'OAUTH_INVALID_RESPONSE'],
    ['RFC6749-10.12 refuses another state',  { state: 'x' },                      'OAUTH_INVALID_RESPONSE'],
    ['RFC6749-10.12 refuses no state',       { state: undefined },                'OAUTH_INVALID_RESPONSE'],
    ['refuses no code',                      { code: undefined },                 'OAUTH_INVALID_RESPONSE'],
    ['reports an error of the server',       { error: 'access_denied' },          'OAUTH_AUTHORIZATION_RESPONSE_ERROR'],
  ])('%s, and sends no code', async (_, edit, code) => {
    const { callback } = await (await dpopClient()).authorize(REQUEST)
    const error = await callback(callbackUrl(edit)).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code })
    expect(server.to('/token')).toEqual([])
    await expect(callback(callbackUrl())).resolves.toMatchObject({ token_type: 'dpop' })
  })

  it('refuses a parameter that comes twice', async () => {
    const { callback } = await (await dpopClient()).authorize(REQUEST)
    for (const name of ['code', 'state', 'iss']) {
      const url = callbackUrl()
      url.searchParams.append(name, url.searchParams.get(name) ?? '')
      await expect(callback(url)).rejects.toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' })
    }
    expect(server.to('/token')).toEqual([])
  })

  it('names the reason and keeps the code out of the error', async () => {
    const { callback } = await (await dpopClient()).authorize(REQUEST)
    const error = await callback(callbackUrl({ state: 'x' })).catch((reason: unknown) => reason)
    expect(String(error)).toContain('unexpected "state" response parameter value')
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain('code-1')
  })

  it('refuses a response that came to another place', async () => {
    const { callback } = await (await dpopClient()).authorize(REQUEST)
    const url = new URL(`https://client.example/other${callbackUrl().search}`)
    await expect(callback(url)).rejects.toMatchObject({ code: 'HOLDFAST_REDIRECT_URI' })
    expect(server.to('/token')).toEqual([])
  })

  it('does not take the state of another authorization', async () => {
    const connected = await dpopClient()
    const first = await connected.authorize(REQUEST)
    await connected.authorize(REQUEST)
    await expect(first.callback(callbackUrl())).rejects.toMatchObject({
      code: 'OAUTH_INVALID_RESPONSE',
    })
  })
})
