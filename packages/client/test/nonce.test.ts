import { describe, expect, it } from 'vitest'

import { thumbprint } from '../src/index.ts'
import { REQUEST, setUp } from './fixtures/mini-client.ts'
import { thumbprintOfProof } from './fixtures/mini-server.ts'

const { server, make, client, dpopClient, callbackUrl } = await setUp()

describe('the DPoP key', () => {
  it('cannot leave the process, and is another for each client', async () => {
    const [one, two] = [await dpopClient(), await dpopClient()]
    expect(one.proofKey?.privateKey).toHaveProperty('extractable', false)
    expect(one.proofKey?.publicJwk).not.toEqual(two.proofKey?.publicJwk)
    expect(await client(make('private_key_jwt', 'mtls'))).not.toHaveProperty('proofKey')
  })

  it('RFC9449-10 is bound to the code: dpop_jkt and the proof name the same', async () => {
    const connected = await dpopClient()
    await connected.authorize(REQUEST)
    const [request] = server.to('/par')
    const jkt = connected.proofKey && thumbprint(connected.proofKey.publicJwk)
    expect(request?.form.get('dpop_jkt')).toBe(jkt)
    expect(await thumbprintOfProof(String(request?.headers['dpop']))).toBe(jkt)
  })
})

describe('server-provided nonces', () => {
  const tokenRequests = async () => {
    const connected = await dpopClient()
    const refreshable = { access_token: 'a', token_type: 'dpop', refresh_token: 'r' } as const
    return [
      () => connected.clientCredentials(REQUEST),
      () => connected.refresh(refreshable),
      async () => (await connected.authorize(REQUEST)).callback(callbackUrl()),
    ]
  }

  it('RFC9449-8 holds for the token endpoint: asked once, sent twice, a fresh assertion', async () => {
    for (const request of await tokenRequests()) {
      server.requests.length = 0
      server.edits.nonce = { '/token': 'always' }
      await expect(request()).rejects.toMatchObject({ error: 'use_dpop_nonce', status: 400 })
      const [first, second, ...more] = server.to('/token')
      expect(more).toEqual([])
      expect(second?.proof?.['nonce']).toMatch(/^nonce-\d+$/)
      expect(second?.proof?.['nonce']).not.toBe(first?.proof?.['nonce'])
      expect(second?.proof?.jti).not.toBe(first?.proof?.jti)
      expect(second?.assertion?.jti).not.toBe(first?.assertion?.jti)
    }
  })

  it('RFC9449-8 holds for one token request that a server challenges once', async () => {
    server.edits.nonce = { '/token': 'first' }
    const connected = await dpopClient()
    await connected.clientCredentials(REQUEST)
    await connected.clientCredentials(REQUEST)
    const nonces = server.to('/token').map(({ proof }) => proof?.['nonce'])
    expect(nonces).toEqual([undefined, nonces[1], nonces[1]])
  })

  it('RFC9449-8 holds for the pushed request, and stops there too', async () => {
    server.edits.nonce = { '/par': 'first' }
    const connected = await dpopClient()
    await connected.authorize(REQUEST)
    expect(server.to('/par')).toHaveLength(2)
    server.edits.nonce = { '/par': 'always' }
    await expect(connected.authorize(REQUEST)).rejects.toMatchObject({ error: 'use_dpop_nonce' })
    expect(server.to('/par')).toHaveLength(4)
  })

  it('RFC9449-9 holds for the resource: the body is sent again', async () => {
    server.edits.nonce = { '/accounts': 'first' }
    const connected = await dpopClient()
    const tokens = await connected.clientCredentials(REQUEST)
    const body = new URLSearchParams({ amount: '1' })
    const response = await connected.call(tokens, 'POST', `${server.issuer}/accounts`, { body })
    expect(response.status).toBe(200)
    const requests = server.to('/accounts')
    expect(requests.map(({ form }) => form.get('amount'))).toEqual(['1', '1'])
    expect(requests.map(({ proof }) => proof?.['nonce'])).toEqual([undefined, expect.any(String)])
  })

  it('RFC9110-11.1 holds for the resource: its scheme may be written in any case', async () => {
    server.edits.answers = {
      '/accounts': ({ proof }) =>
        proof?.['nonce'] === 'nonce-1'
          ? { status: 200, body: {} }
          : {
              status: 401,
              body: {},
              headers: {
                'dpop-nonce': 'nonce-1',
                'www-authenticate': 'dPoP error="use_dpop_nonce"',
              },
            },
    }
    const connected = await dpopClient()
    const tokens = await connected.clientCredentials(REQUEST)
    const response = await connected.call(tokens, 'GET', `${server.issuer}/accounts`)
    expect(response.status).toBe(200)
  })

  it('RFC9449-9 stops at a resource that never has enough', async () => {
    server.edits.nonce = { '/accounts': 'always' }
    const connected = await dpopClient()
    const tokens = await connected.clientCredentials(REQUEST)
    const response = await connected.call(tokens, 'GET', `${server.issuer}/accounts`)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toContain('use_dpop_nonce')
    expect(server.to('/accounts')).toHaveLength(2)
  })

  it('are not asked of a client without DPoP', async () => {
    server.edits.nonce = { '/accounts': 'always' }
    const connected = await client(make('tls_client_auth', 'mtls'))
    const tokens = await connected.clientCredentials(REQUEST)
    expect((await connected.call(tokens, 'GET', `${server.alias}/accounts`)).status).toBe(401)
    expect(server.to('/accounts')).toHaveLength(1)
  })

  it('RFC9449-8.1 stops at two DPoP-Nonce fields, and at one that is none', async () => {
    const wrong: readonly (readonly string[])[] = [['one', 'two'], ['one, two'], ['"quoted"'], ['']]
    for (const fields of wrong)
      for (const path of ['/token', '/par', '/accounts']) {
        server.edits = {}
        const connected = await dpopClient()
        const tokens = await connected.clientCredentials(REQUEST)
        server.requests.length = 0
        server.edits = { nonce: { [path]: 'first' }, nonceFields: () => [...fields] }
        const send = {
          '/token': () => connected.clientCredentials(REQUEST),
          '/par': () => connected.authorize(REQUEST),
          '/accounts': () => connected.call(tokens, 'GET', `${server.issuer}/accounts`),
        }[path]
        await expect(send?.()).rejects.toMatchObject({ code: 'HOLDFAST_NONCE' })
        expect(server.to(path)).toHaveLength(1)
      }
  })
})
