/** RFC 9701: answers that the issuer signs for one resource server. */
import { SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { answerOf, refusal } from './answers.ts'
import { ISSUER, jkt, type Members, newSigner } from './mint.ts'
import { raise, type Stage } from './stage.ts'

const TOKEN = 'an-opaque-token'
const PATH = '/opaque/accounts'
const TYPE = 'application/token-introspection+jwt'
const UNAVAILABLE = refusal({
  status: 503,
  challenges: [],
  error: 'temporarily_unavailable',
  retryAfter: '5',
})

interface Draft {
  header: Members & { alg: string }
  claims: Members
  by: ReturnType<typeof newSigner>
}

async function set(edit: (draft: Draft, stage: Stage) => void = () => {}): Promise<Stage> {
  const stage = await raise({ introspecting: { signed: 'required' } })
  onTestFinished(() => stage.close())
  const { issuer } = stage
  issuer.answers.set('/introspect', async () => {
    const draft: Draft = {
      header: { typ: 'token-introspection+jwt', alg: 'ES256', kid: 'issuer-1' },
      claims: {
        iss: ISSUER,
        aud: 'the-api',
        iat: stage.clock.now / 1000,
        token_introspection: tokenIn(stage),
      },
      by: issuer.signers[0]!,
    }
    edit(draft, stage)
    const signed = new SignJWT(draft.claims).setProtectedHeader(draft.header)
    // What jose signs only on demand: a header with crit.
    const body = await signed.sign(draft.by.privateKey, { crit: { b64: true, x: true } })
    return { headers: { 'content-type': TYPE }, body }
  })
  return stage
}

const tokenIn = (stage: Stage): Members => ({
  active: true,
  aud: 'https://rs.example/opaque',
  scope: 'accounts',
  cnf: { jkt: jkt(stage.client) },
})
const send = async (stage: Stage) => stage.send(await stage.honest({ token: TOKEN, path: PATH }))

test('a signed answer is asked for, and believed', async () => {
  const stage = await set()
  expect((await send(stage)).status).toBe(200)
  expect(stage.issuer.asked).toEqual([
    '/.well-known/oauth-authorization-server',
    '/introspect',
    '/.well-known/oauth-authorization-server',
    '/jwks',
  ])
  expect(stage.issuer.headers[1]).toMatchObject({ accept: TYPE })
})

test('without that, a plain one is asked for', async () => {
  const stage = await raise()
  onTestFinished(() => stage.close())
  stage.issuer.tokens.set(TOKEN, tokenIn(stage))
  expect((await send(stage)).status).toBe(200)
  expect(stage.issuer.headers[1]).toMatchObject({ accept: 'application/json' })
})

const claim = (name: string, value?: unknown) => (draft: Draft) => {
  draft.claims = { ...draft.claims, [name]: value }
}
const header = (name: string, value?: unknown) => (draft: Draft) => {
  draft.header = { ...draft.header, [name]: value }
}
const made = (seconds: number) => (draft: Draft, stage: Stage) => {
  draft.claims = { ...draft.claims, iat: stage.clock.now / 1000 + seconds }
}

test.for([
  ['application/ before the type', header('typ', 'application/token-introspection+jwt')],
  ['the type in another letter case', header('typ', 'Token-Introspection+JWT')],
  ['an audience of several', claim('aud', ['somebody', 'the-api'])],
  ['iat 60 s ago', made(-60)],
  ['iat 10 s ahead', made(10)],
  ['claims that we do not know', claim('x', { y: 1 })],
] as const)('%s is accepted', async ([, edit]) => {
  expect((await send(await set(edit))).status).toBe(200)
})

test.for([
  ['for somebody else', claim('aud', 'another-api')],
  ['for several, not for us', claim('aud', ['another-api'])],
  ['for nobody', claim('aud')],
  ['of another issuer', claim('iss', 'https://evil.example')],
  ['of nobody', claim('iss')],
  ['of another type', header('typ', 'JWT')],
  ['that is an access token', header('typ', 'at+jwt')],
  ['without a type', header('typ')],
  ['without iat', claim('iat')],
  ['with an iat that is text', claim('iat', '1')],
  ['made 61 s ago', made(-61)],
  ['made 11 s from now', made(11)],
  ['without the answer', claim('token_introspection')],
  ['whose answer is an array', claim('token_introspection', [])],
  ['whose answer is text', claim('token_introspection', '{"active":true}')],
  ['whose answer is null', claim('token_introspection', null)],
  ['with a kid that the issuer does not publish', header('kid', 'issuer-2')],
  [
    'with a critical header parameter',
    (draft: Draft) => {
      draft.header = { ...draft.header, crit: ['x'], x: 1 }
    },
  ],
  [
    'signed by somebody else',
    (draft: Draft) => {
      draft.by = newSigner('issuer-1')
    },
  ],
] as const)('an answer %s: 503', async ([, edit]) => {
  expect(answerOf(await send(await set(edit)))).toEqual(UNAVAILABLE)
})

test.for([
  ['plain JSON', (stage: Stage) => JSON.stringify(tokenIn(stage))],
  ['an empty body', () => ''],
  ['an answer of 65,537 bytes', () => 'x'.repeat(65_537)],
] as const)('%s where a signed answer was required: 503', async ([, make]) => {
  const stage = await set()
  stage.issuer.answers.set('/introspect', () => ({
    headers: { 'content-type': TYPE },
    body: make(stage),
  }))
  expect(answerOf(await send(stage))).toEqual(UNAVAILABLE)
})

test('a token that is not active is refused as such', async () => {
  const stage = await set(claim('token_introspection', { active: false }))
  const answer = await send(stage)
  expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_token'])
})

test('the issuer rotates its key, and no request fails', async () => {
  const stage = await set((draft, { issuer }) => {
    draft.header = { ...draft.header, kid: issuer.signers[0]!.kid }
  })
  expect((await send(stage)).status).toBe(200)
  stage.issuer.signers = [newSigner('issuer-2')]
  expect((await send(stage)).status).toBe(200)
})
