import { createHash, X509Certificate } from 'node:crypto'
import { createServer } from 'node:https'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { assertion, clientCredentials, now, Prover, verdict } from '../stage/honest.ts'
import { ACCOUNTS, listening, PAYMENTS, startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import type { Certificate } from '../stage/certificates.ts'
import type { Response } from '../stage/http.ts'

let house: House
let prover: Prover
beforeAll(async () => {
  house = await startHouse()
  prover = await Prover.new()
})
afterAll(() => house.stop())

const thumbprint = ({ cert }: Certificate): string =>
  createHash('sha256').update(new X509Certificate(cert).raw).digest('base64url')

const claimsOf = ({ json }: Response) => decodeJwt(String(json['access_token']))

describe('private_key_jwt with DPoP', () => {
  test('RFC9449-5, RFC9068-2 hold for the token', async () => {
    const answer = await house.send(await clientCredentials(house, prover, { scope: 'read' }))
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.json).toMatchObject({ token_type: 'DPoP', expires_in: 300, scope: 'read' })
    expect(decodeProtectedHeader(String(answer.json['access_token']))).toMatchObject({
      typ: 'at+jwt',
      alg: 'ES256',
    })
    expect(claimsOf(answer)).toMatchObject({
      iss: house.issuer,
      aud: ACCOUNTS,
      sub: 'web',
      client_id: 'web',
      scope: 'read',
      cnf: { jkt: prover.jkt },
      jti: expect.any(String),
    })
  })

  test('the signature is good by the published keys', async () => {
    const answer = await house.send(await clientCredentials(house, prover))
    const { json } = await house.send({ url: `${house.issuer}/jwks` })
    if (!Array.isArray(json['keys'])) throw new Error('no keys')
    const keys = createLocalJWKSet({ keys: json['keys'] })
    const token = String(answer.json['access_token'])
    const { payload } = await jwtVerify(token, keys, { typ: 'at+jwt', audience: ACCOUNTS })
    expect(payload.iss).toBe(house.issuer)
  })

  test.each(['web', 'web2', 'eddsa'])('the algorithm of %s is accepted', async (client) => {
    const answer = await house.send(
      await clientCredentials(house, prover, await assertion(house, client)),
    )
    expect(answer.status).toBe(200)
  })

  test('RFC8707-2: an opaque token for a resource that wants it, nothing for one unknown', async () => {
    const asked = { resource: PAYMENTS, scope: 'pay' }
    const opaque = await house.send(await clientCredentials(house, prover, asked))
    expect(opaque.json).toMatchObject({ token_type: 'DPoP', expires_in: 120, scope: 'pay' })
    expect(String(opaque.json['access_token'])).not.toContain('.')
    const unknown = { resource: 'https://elsewhere.example' }
    const refused = await house.send(await clientCredentials(house, prover, unknown))
    expect(verdict(refused)).toEqual([400, 'invalid_target'])
  })

  test('FAPI2SP-5.3.2.1-14: no scope beyond those registered', async () => {
    const form = { ...(await assertion(house, 'eddsa')), scope: 'read write' }
    const answer = await house.send(await clientCredentials(house, prover, form))
    expect(answer.json).toMatchObject({ scope: 'read' })
  })
})

describe('the proof is refused', () => {
  const refused = async (headers: { [name: string]: string }, by = 'web') => {
    const form = await assertion(house, by)
    return verdict(await house.send({ ...(await clientCredentials(house, prover, form)), headers }))
  }

  test('RFC9449-5: missing', async () => {
    expect(await refused({})).toEqual([400, 'invalid_dpop_proof'])
  })

  test('RFC9449-4.3: for another URL, another method, malformed', async () => {
    const url = `${house.issuer}/token`
    for (const dpop of [
      await prover.proof(`${house.alias}/token`),
      await prover.proof(url, { htm: 'GET' }),
      'not a proof',
    ])
      expect(await refused({ dpop })).toEqual([400, 'invalid_dpop_proof'])
  })

  test('FAPI2SP-5.3.2.1-13: dated over 60 s ahead; 8 s and 60 s ahead are accepted', async () => {
    const url = `${house.issuer}/token`
    const dated = async (ahead: number) => ({
      dpop: await prover.proof(url, { iat: now() + ahead }),
    })
    expect(await refused(await dated(63))).toEqual([400, 'invalid_dpop_proof'])
    expect(await refused(await dated(60))).toEqual([200, undefined])
    expect(await refused(await dated(8))).toEqual([200, undefined])
    expect(await refused(await dated(-10))).toEqual([200, undefined])
  })

  test('RFC9449-11.1: too old; a minute ago is accepted', async () => {
    const url = `${house.issuer}/token`
    const dated = async (ago: number) => ({ dpop: await prover.proof(url, { iat: now() - ago }) })
    expect(await refused(await dated(61))).toEqual([400, 'invalid_dpop_proof'])
    expect(await refused(await dated(58))).toEqual([200, undefined])
  })
})

describe('FAPI2SP-5.3.2.1-8 and -13: the assertion is refused', () => {
  const refused = async (edit: { [claim: string]: unknown }) =>
    verdict(
      await house.send(await clientCredentials(house, prover, await assertion(house, 'web', edit))),
    )

  test.each<[what: string, edit: () => { [claim: string]: unknown }]>([
    ['aud in a list', () => ({ aud: [house.issuer] })],
    ['aud is the token endpoint', () => ({ aud: `${house.issuer}/token` })],
    ['aud is the alias', () => ({ aud: house.alias })],
    ['aud is somebody else', () => ({ aud: 'https://other.example' })],
    ['exp in the past', () => ({ exp: now() - 11 })],
    ['exp too far ahead', () => ({ exp: now() + 620 })],
    ['no exp', () => ({ exp: undefined })],
    ['no jti', () => ({ jti: undefined })],
    ['iat over 60 s ahead', () => ({ iat: now() + 63 })],
    ['nbf over 60 s ahead', () => ({ nbf: now() + 63 })],
    ['iss is another client', () => ({ iss: 'web2' })],
    ['sub is unknown', () => ({ sub: 'nobody', iss: 'nobody', client_id: 'nobody' })],
  ])('%s', async (what, edit) => {
    const form = await assertion(house, 'web', edit())
    const { client_id: _, ...rest } = form
    const request = await clientCredentials(house, prover)
    const { client_id: __, ...honest } = request.form ?? {}
    const answer = await house.send({ ...request, form: { ...honest, ...rest } })
    expect([what, ...verdict(answer)]).toEqual([what, 401, 'invalid_client'])
    expect(answer.json['error_description']).toBe('client authentication failed')
  })

  test.each(['x', 'e30', 'e30.e30', 'e30.bm8.x', 'e30.W10.x', '....', 'e30.e30.e30.e30.e30'])(
    'RFC7521-4.2.1: what is no JWT, %j',
    async (client_assertion) => {
      const form = { ...(await assertion(house, 'web')), client_assertion }
      for (const path of ['token', 'par', 'introspect', 'revoke', 'device-authorization'])
        expect(verdict(await house.send({ url: `${house.issuer}/${path}`, form }))).toEqual([
          401,
          'invalid_client',
        ])
    },
  )

  test('signed with the key of another client', async () => {
    const keys = { ...house.keys, web: { alg: 'ES256', key: house.keys['api']!.key } }
    const form = await assertion({ ...house, keys }, 'web')
    const answer = await house.send(await clientCredentials(house, prover, form))
    expect(verdict(answer)).toEqual([401, 'invalid_client'])
  })

  test('just inside the limits it is accepted', async () => {
    for (const edit of [
      { exp: now() + 600 },
      { iat: now() + 8, nbf: now() + 8 },
      { iat: undefined },
    ])
      expect(await refused(edit)).toEqual([200, undefined])
  })
})

describe('certificates', () => {
  const ask = async (client: string, certificate?: Certificate, at = house.alias) =>
    house.send({
      url: `${at}/token`,
      form: { grant_type: 'client_credentials', ...(await assertion(house, client)) },
      certificate,
    })
  const byCertificate = (client_id: string, certificate?: Certificate, dpop?: string) =>
    house.send({
      url: `${house.alias}/token`,
      headers: dpop === undefined ? {} : { dpop },
      form: { grant_type: 'client_credentials', client_id },
      certificate,
    })

  test('RFC8705-3: private_key_jwt with binding only takes any certificate, whole', async () => {
    for (const certificate of [house.certificates.client, house.certificates.unregistered]) {
      const answer = await ask('bound', certificate)
      expect(answer.json).toMatchObject({ token_type: 'Bearer' })
      expect(claimsOf(answer)['cnf']).toEqual({ 'x5t#S256': thumbprint(certificate) })
    }
  })

  test('RFC8705-3 refuses a token request without certificate', async () => {
    expect(verdict(await ask('bound'))).toEqual([400, 'invalid_request'])
    const { client } = house.certificates
    expect(verdict(await ask('bound', client, house.issuer))).toEqual([400, 'invalid_request'])
  })

  test('a certificate shown to the public listener is no certificate', async () => {
    const { ca, server: tls, client } = house.certificates
    const options = { ...tls, ca, requestCert: true, rejectUnauthorized: false }
    const nosy = await listening(createServer(options, house.server.publicListener))
    expect(verdict(await ask('bound', client, nosy.origin))).toEqual([400, 'invalid_request'])
    nosy.server.close()
  })

  test('a certificate in a header is no certificate', async () => {
    const certificate = encodeURIComponent(house.certificates.client.cert)
    const answer = await house.send({
      url: `${house.issuer}/token`,
      headers: { 'x-ssl-client-cert': certificate, 'client-cert': certificate },
      form: { grant_type: 'client_credentials', ...(await assertion(house, 'bound')) },
    })
    expect(verdict(answer)).toEqual([400, 'invalid_request'])
  })

  test('RFC8705-2.1: tls_client_auth with DPoP proves the alias URL', async () => {
    const { client } = house.certificates
    const htu = `${house.alias}/token`
    const answer = await byCertificate('tls-dpop', client, await prover.proof(htu))
    expect(answer.status).toBe(200)
    expect(claimsOf(answer)).toMatchObject({ iss: house.issuer, cnf: { jkt: prover.jkt } })
    const wrong = await prover.proof(`${house.issuer}/token`)
    expect(verdict(await byCertificate('tls-dpop', client, wrong))).toEqual([
      400,
      'invalid_dpop_proof',
    ])
  })

  test('RFC8705-2.1 refuses no certificate, another subject, one not of the CA', async () => {
    const { other, unregistered } = house.certificates
    for (const certificate of [undefined, other, unregistered]) {
      const dpop = await prover.proof(`${house.alias}/token`)
      expect(verdict(await byCertificate('tls-dpop', certificate, dpop))).toEqual([
        401,
        'invalid_client',
      ])
    }
  })

  test('RFC8705-2.2: self_signed_tls_client_auth by equality with the registered one', async () => {
    const { selfSigned, unregistered, client } = house.certificates
    const answer = await byCertificate('self-signed', selfSigned)
    expect(claimsOf(answer)['cnf']).toEqual({ 'x5t#S256': thumbprint(selfSigned) })
    for (const certificate of [undefined, unregistered, client])
      expect(verdict(await byCertificate('self-signed', certificate))).toEqual([
        401,
        'invalid_client',
      ])
  })

  test('a client of private_key_jwt is not let in by certificate', async () => {
    const answer = await byCertificate('bound', house.certificates.client)
    expect(verdict(answer)).toEqual([401, 'invalid_client'])
  })
})

describe('other ways to a token are refused', () => {
  test.each([
    ['password', 'unsupported_grant_type'],
    ['implicit', 'unsupported_grant_type'],
  ])('grant_type %s', async (grant_type, error) => {
    const answer = await house.send(await clientCredentials(house, prover, { grant_type }))
    expect(verdict(answer)).toEqual([400, error])
    expect(answer.json['error_description']).toEqual(expect.any(String))
  })

  test('a grant that the client is not registered for', async () => {
    const form = await assertion(house, 'api')
    const answer = await house.send(await clientCredentials(house, prover, form))
    expect(verdict(answer)).toEqual([400, 'unauthorized_client']) // RFC6749-5.2
  })
})

test('FAPI2SP-5.3.2.1-4: a weak client that came into the store some other way gets no token', async () => {
  const web = (await house.records.find('Client', 'web'))!
  const payload = { ...web.payload, client_id: 'weak', dpop_bound_access_tokens: false }
  await house.records.upsert({ kind: 'Client', id: 'weak', payload })
  const keys = { ...house.keys, weak: house.keys['web']! }
  const form = await assertion({ ...house, keys }, 'weak')
  const answer = await house.send(await clientCredentials(house, prover, form))
  expect(verdict(answer)).toEqual([400, 'invalid_client_metadata'])
})

test('nothing is printed', async () => {
  const print = vi.spyOn(console, 'error')
  await house.send(await clientCredentials(house, prover))
  expect(print).not.toHaveBeenCalled()
})
