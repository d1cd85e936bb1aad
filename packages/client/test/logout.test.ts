/** A hostile authorization server: every logout token that no honest one would send. */
import { createServer, type Server } from 'node:http'

import type { JWTPayload } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { type EndedSession, type FapiClient, logoutEndpoint } from '../src/index.ts'
import { listening } from './fixtures/listening.ts'
import { setUp } from './fixtures/mini-client.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const { server, make, dpopClient } = await setUp()
const CLIENT = make('private_key_jwt', 'dpop').clientId
const now = () => Math.floor(Date.now() / 1_000)

let count = 0
type Edit = Readonly<Record<string, unknown>>

const claims = (edit: Edit = {}): JWTPayload => ({
  iss: server.issuer,
  aud: CLIENT,
  sub: 'alice',
  sid: 'session-1',
  iat: now(),
  exp: now() + 120,
  jti: `jti-${++count}`,
  events: { [EVENT]: {} },
  ...edit,
})

const TYP = { typ: 'logout+jwt' }
const token = (edit: Edit = {}) => server.sign(claims(edit), 'ES256', TYP)

let client: FapiClient
beforeEach(async () => {
  client = await dpopClient()
})

const refused = (reason: string) => ({
  name: 'ClientError',
  code: 'HOLDFAST_LOGOUT_TOKEN',
  message: expect.stringContaining(reason),
})

describe('a logout token (OpenID Connect Back-Channel Logout §2.6)', () => {
  it.each([
    ['both', {}, { sub: 'alice', sid: 'session-1' }],
    ['the end-user', { sid: undefined }, { sub: 'alice' }],
    ['the session', { sub: undefined }, { sid: 'session-1' }],
  ])('is taken that names %s', async (_, edit, session) => {
    expect(await client.checkLogoutToken(await token(edit))).toStrictEqual(session)
  })

  // oxfmt-ignore
  const EDITS: readonly (readonly [what: string, edit: Edit, reason: string])[] = [
    ['another iss',             { iss: 'https://attacker.example' },      '"iss"'],
    ['no iss',                  { iss: undefined },                       '"iss"'],
    ['another aud',             { aud: 'somebody' },                      '"aud"'],
    ['no aud',                  { aud: undefined },                       '"aud"'],
    ['an aud with others',      { aud: [CLIENT, 'somebody'] },            'for others as well'],
    ['no iat',                  { iat: undefined },                       '"iat"'],
    ['no exp',                  { exp: undefined },                       '"exp"'],
    ['no jti',                  { jti: undefined },                       '"jti"'],
    ['neither sub nor sid',     { sub: undefined, sid: undefined },       'neither end-user nor session'],
    ['a sub that is no text',   { sub: 7 },                               'no text'],
    ['an empty sid',            { sid: '' },                              'no text'],
    ['no events',               { events: undefined },                    'of another kind'],
    ['another event',           { events: { 'https://e.example': {} } },  'of another kind'],
    ['an event of no object',   { events: { [EVENT]: true } },            'of another kind'],
    ['events in a list',        { events: [EVENT] },                      'of another kind'],
    ['a nonce',                 { nonce: 'n' },                           'a nonce'],
    ['an empty nonce',          { nonce: null },                          'a nonce'],
  ]
  it.each(EDITS)('is refused with %s', async (_, edit, reason) => {
    await expect(client.checkLogoutToken(await token(edit))).rejects.toMatchObject(refused(reason))
    await expect(client.checkLogoutToken(await token())).resolves.toBeDefined()
  })

  // Thirty seconds of clock difference, five minutes of age; ten seconds for a slow machine.
  it.each([
    ['exp', -20, -30, '"exp"'],
    ['iat', 20, 40, '"iat"'],
    ['iat', -320, -340, '"iat"'],
  ])('whose %s is %i s away is taken, %i s is refused', async (claim, inside, outside, reason) => {
    const at = async (seconds: number) =>
      client.checkLogoutToken(await token({ [claim]: now() + seconds }))
    await expect(at(inside)).resolves.toBeDefined()
    await expect(at(outside)).rejects.toMatchObject(refused(reason))
  })

  it.each([
    ['no typ', { typ: undefined }, '"typ"'],
    ['the typ of another JWT', { typ: 'JWT' }, '"typ"'],
    ['a crit that nobody knows', { ...TYP, crit: ['x-unknown'], 'x-unknown': true }, 'x-unknown'],
  ])('is refused with %s', async (_, header, reason) => {
    const made = await server.sign(claims(), 'ES256', header)
    await expect(client.checkLogoutToken(made)).rejects.toMatchObject(refused(reason))
  })

  it.each(['ES384', 'RS256'] as const)('is refused by %s (FAPI2SP-5.4.1-1)', async (alg) => {
    const made = await server.sign(claims(), alg, TYP)
    await expect(client.checkLogoutToken(made)).rejects.toMatchObject(refused('"alg"'))
  })

  it('is refused with another signature, with none, and as no JWT', async () => {
    const [header = '', payload = '', signature = ''] = (await token()).split('.')
    const none = Buffer.from(JSON.stringify({ alg: 'none', ...TYP })).toString('base64url')
    const other = signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))
    for (const made of [`${header}.${payload}.${other}`, `${none}.${payload}.`, 'x'])
      await expect(client.checkLogoutToken(made)).rejects.toMatchObject(refused(''))
  })

  it('is taken once, also of two at the same time', async () => {
    const made = await token()
    const both = await Promise.allSettled([
      client.checkLogoutToken(made),
      client.checkLogoutToken(made),
    ])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    await expect(client.checkLogoutToken(made)).rejects.toMatchObject(refused('taken before'))
  })
})

describe('the endpoint', () => {
  const ended: EndedSession[] = []
  let receiver: Server
  let url: string
  let fails: boolean
  beforeEach(async () => {
    ended.length = 0
    fails = false
    receiver = createServer(
      logoutEndpoint(client, (session) => {
        if (fails) throw new Error('a secret of the client’s own')
        ended.push(session)
      }),
    )
    url = `http://127.0.0.1:${await listening(receiver)}/logout`
  })
  afterEach(() => receiver.close())

  const post = async (body: URLSearchParams | string, type?: string) => {
    const headers = type === undefined ? {} : { 'content-type': type }
    const response = await fetch(url, { method: 'POST', headers, body })
    expect(response.headers.get('cache-control')).toBe('no-store') // §2.8
    return [response.status, await response.text()] as const
  }
  const form = (logout_token: string) => new URLSearchParams({ logout_token })

  it('answers 200 when the session is over', async () => {
    expect(await post(form(await token()))).toEqual([200, ''])
    expect(ended).toEqual([{ sub: 'alice', sid: 'session-1' }])
  })

  it('answers 400 and the reason, for a token that is refused', async () => {
    const [status, body] = await post(form(await token({ nonce: 'n' })))
    expect(status).toBe(400)
    expect(JSON.parse(body)).toMatchObject({
      error: 'invalid_request',
      error_description: expect.stringContaining('a nonce'),
    })
    expect(ended).toEqual([])
  })

  it('answers 400 where the client cannot end the session, and says nothing of why', async () => {
    fails = true
    const [status, body] = await post(form(await token()))
    expect([status, JSON.parse(body)]).toEqual([
      400,
      { error: 'invalid_request', error_description: 'the logout failed' },
    ])
  })

  it('answers 400 to anything else', async () => {
    const made = await token()
    const twice = new URLSearchParams([...form(made), ...form(made)])
    for (const [body, type] of [
      [new URLSearchParams()],
      [twice],
      [form(made).toString(), 'text/plain'],
      [JSON.stringify({ logout_token: made }), 'application/json'],
      [form('x'.repeat(70_000))],
    ] as const)
      expect((await post(body, type))[0]).toBe(400)
    const got = await fetch(`${url}?${form(made).toString()}`)
    expect(got.status).toBe(400)
    expect(ended).toEqual([])
    expect((await post(form(made)))[0]).toBe(200)
  })
})

it('RPLOGOUT-2: the browser is sent with the ID token and the way back', async () => {
  const metadata = (honest: object) => ({
    ...honest,
    end_session_endpoint: `${server.issuer}/logout`,
  })
  server.edits = { metadata }
  const connected = await dpopClient()
  const tokens = { access_token: 'a', token_type: 'dpop', id_token: 'i' } as const
  const { origin, pathname, searchParams } = connected.logoutUrl(tokens, 'https://c.example/bye')
  expect(`${origin}${pathname}`).toBe(`${server.issuer}/logout`)
  expect(Object.fromEntries(searchParams)).toEqual({
    client_id: CLIENT,
    id_token_hint: 'i',
    post_logout_redirect_uri: 'https://c.example/bye',
  })
})
