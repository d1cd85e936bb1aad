import { decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'

import { certificateThumbprint, type ConnectOptions } from '../src/index.ts'
import { REQUEST, setUp } from './fixtures/mini-client.ts'

const { pki, server, make, client, dpopClient, callbackUrl } = await setUp()
const CERTIFICATE = certificateThumbprint(pki.client.chain)

describe('discovery', () => {
  it('RFC8414-3.3 refuses metadata of another issuer', async () => {
    server.edits.metadata = (honest) => ({ ...honest, issuer: 'https://attacker.example' })
    await expect(dpopClient()).rejects.toMatchObject({
      code: 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
    })
  })

  it.each([undefined, 7, ''])('RFC8414-2 refuses the issuer %j', async (issuer) => {
    server.edits.metadata = (honest) => ({ ...honest, issuer })
    await expect(dpopClient()).rejects.toMatchObject({
      code: 'OAUTH_INVALID_RESPONSE',
      message: expect.stringContaining('"issuer"'),
    })
  })

  it('RFC8414-3.3 refuses an issuer that is only an equivalent URL', async () => {
    server.edits.metadata = (honest) => ({ ...honest, issuer: `${server.issuer}/` })
    await expect(dpopClient()).rejects.toMatchObject({ code: 'HOLDFAST_ISSUER' })
  })

  it('RFC8414-3 holds for an issuer with a path and a slash at its end: it is kept as it is', async () => {
    const issuer = `${server.issuer}/tenant/`
    server.edits.answers = {
      '/tenant/.well-known/openid-configuration': () => ({
        status: 200,
        body: { issuer, token_endpoint: `${server.issuer}/token` },
      }),
    }
    const connected = await client({ ...make('private_key_jwt', 'dpop'), issuer })
    await connected.clientCredentials(REQUEST)
    expect(server.to('/token')[0]?.assertion).toMatchObject({ aud: issuer })
  })

  // openid-client looks at those that it uses itself.
  it.each([
    'jwks_uri',
    'token_endpoint',
    'pushed_authorization_request_endpoint',
    'end_session_endpoint',
  ])('FAPI2-SP-5.2.1 refuses metadata with a %s that is no https URL', async (name) => {
    const refused = { code: 'HOLDFAST_ISSUER', message: `${name} in the metadata is no https URL` }
    const at = 'http://localhost/plain'
    server.edits.metadata = (honest) => ({ ...honest, [name]: at })
    await expect(dpopClient()).rejects.toMatchObject(refused)
    const aliases = { mtls_endpoint_aliases: { [name]: at } }
    server.edits.metadata = (honest) => ({ ...honest, ...aliases })
    await expect(dpopClient()).rejects.toMatchObject(refused)
    server.edits = {}
    await expect(dpopClient()).resolves.toBeDefined()
  })

  it('refuses material that contradicts itself before it connects', async () => {
    const { key, ...rest } = make('private_key_jwt', 'dpop')
    expect(key).toBeDefined()
    await expect(client(rest)).rejects.toMatchObject({ file: 'key.jwk.json' })
    expect(server.requests).toEqual([])
  })

  it('gives the caller every request to observe', async () => {
    const seen: string[] = []
    const observe: ConnectOptions['fetch'] = (base) => (url, request) => {
      seen.push(`${request?.method} ${new URL(url).pathname}`)
      return base(url, request)
    }
    const connected = await client(make('private_key_jwt', 'dpop'), { fetch: observe })
    const tokens = await connected.clientCredentials(REQUEST)
    await connected.call(tokens, 'GET', `${server.issuer}/accounts`)
    expect(seen).toEqual(['GET /.well-known/openid-configuration', 'POST /token', 'GET /accounts'])
  })
})

describe('client authentication', () => {
  it('FAPI2-SP-5.3.3.1 sends the issuer string as the audience of an assertion', async () => {
    const connected = await dpopClient()
    await connected.clientCredentials(REQUEST)
    await connected.authorize(REQUEST)
    for (const path of ['/token', '/par']) {
      const { client_id } = Object.fromEntries(server.to(path)[0]?.form ?? [])
      expect(server.to(path)[0]?.assertion).toMatchObject({
        aud: server.issuer,
        iss: client_id,
        sub: client_id,
      })
    }
  })

  it('names the algorithm as registered: EdDSA stays EdDSA', async () => {
    const { privateKey } = await generateKeyPair('EdDSA', { extractable: true })
    const key = { ...(await exportJWK(privateKey)), alg: 'EdDSA', kid: 'edwards' }
    const connected = await client({ ...make('private_key_jwt', 'dpop'), key })
    await connected.clientCredentials(REQUEST)
    const assertion = server.to('/token')[0]?.form.get('client_assertion') ?? ''
    expect(decodeProtectedHeader(assertion)).toMatchObject({ alg: 'EdDSA', kid: 'edwards' })
  })

  // oxfmt-ignore
  it.each([
    ['private_key_jwt', 'dpop', 'public'],
    ['private_key_jwt', 'mtls', 'alias'],
    ['tls_client_auth', 'dpop', 'alias'],
    ['tls_client_auth', 'mtls', 'alias'],
    ['self_signed_tls_client_auth', 'dpop', 'alias'],
    ['self_signed_tls_client_auth', 'mtls', 'alias'],
  ] as const)('RFC8705-5 holds for %s with %s: the %s endpoints', async (authentication, binding, listener) => {
    const connected = await client(make(authentication, binding))
    const authorization = await connected.authorize(REQUEST)
    await authorization.callback(callbackUrl())
    await connected.clientCredentials(REQUEST)
    const base = listener === 'alias' ? server.alias : server.issuer
    expect(connected.endpoint('token_endpoint').href).toBe(`${base}/token`)
    expect(authorization.url.origin).toBe(server.issuer)
    for (const request of [...server.to('/par'), ...server.to('/token')]) {
      expect(request.listener).toBe(listener)
      expect(request.certificate).toBe(listener === 'alias' ? CERTIFICATE : undefined)
      expect(request.assertion !== undefined).toBe(authentication === 'private_key_jwt')
      const htu = binding === 'dpop' ? `${base}${request.path}` : undefined
      expect(request.proof?.['htu']).toBe(htu)
    }
  })

  it('RFC8705-5 holds without aliases: the endpoints themselves ask for the certificate', async () => {
    server.edits.metadata = ({ mtls_endpoint_aliases: aliases, ...honest }) => ({
      ...honest,
      ...Object(aliases),
    })
    const connected = await client(make('tls_client_auth', 'mtls'))
    await (await connected.authorize(REQUEST)).callback(callbackUrl())
    const sent = [...server.to('/par'), ...server.to('/token')]
    expect(sent.map(({ certificate }) => certificate)).toEqual([CERTIFICATE, CERTIFICATE])
  })
})
