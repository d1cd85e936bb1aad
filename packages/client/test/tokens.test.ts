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

it('RFC7009-2.1: a token is given back by its client; a refusal is an error', async () => {
  const metadata = (honest: object) => ({
    ...honest,
    revocation_endpoint: `${server.issuer}/revoke`,
  })
  server.edits = { metadata, answers: { '/revoke': () => ({ status: 200, body: {} }) } }
  const connected = await dpopClient()
  await connected.revoke('r-1')
  const [sent] = server.to('/revoke')
  expect(sent?.form.get('token')).toBe('r-1')
  expect(sent?.assertion).toMatchObject({ aud: server.issuer })
  const body = { error: 'unsupported_token_type' }
  server.edits.answers = { '/revoke': () => ({ status: 400, body }) }
  await expect(connected.revoke('r-1')).rejects.toMatchObject(body)
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
