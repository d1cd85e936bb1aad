import { expect, onTestFinished, test } from 'vitest'
import { BEARER, bearer, DPOP, dpop, answerOf, refusal } from './answers.ts'
import { newSigner } from './mint.ts'
import { raise, type Stage } from './stage.ts'

const SIGNATURE = 'The signature verifies with a key that the issuer publishes.'
const ASKED = ['/.well-known/oauth-authorization-server', '/jwks']

async function set(): Promise<Stage> {
  const stage = await raise()
  onTestFinished(() => stage.close())
  return stage
}
const status = async (stage: Stage, token?: string) =>
  (await stage.send(await stage.honest(token === undefined ? {} : { token }))).status

/** A token with a kid that the issuer does not publish. */
async function stranger(stage: Stage): Promise<string> {
  const { signers } = stage.issuer
  stage.issuer.signers = [newSigner('unknown')]
  const token = await stage.token()
  stage.issuer.signers = signers
  return token
}
const UNAVAILABLE = {
  status: 503,
  challenges: [],
  error: 'temporarily_unavailable',
  retryAfter: '5',
}

test('keys are fetched when first needed, once for all who wait', async () => {
  const stage = await set()
  expect(stage.issuer.asked).toEqual([])
  expect(await Promise.all(Array.from({ length: 10 }, () => status(stage)))).toEqual(
    Array.from({ length: 10 }, () => 200),
  )
  expect(stage.issuer.asked).toEqual(ASKED)
})

test('the issuer rotates its key in the middle of traffic, and no request fails', async () => {
  const stage = await set()
  const old = await stage.token()
  expect(await status(stage, old)).toBe(200)
  stage.issuer.signers = [newSigner('issuer-2'), ...stage.issuer.signers]
  const traffic = Array.from({ length: 20 }, async (_, index) =>
    status(stage, index % 2 === 0 ? old : await stage.token()),
  )
  expect(new Set(await Promise.all(traffic))).toEqual(new Set([200]))
  expect(stage.issuer.asked).toEqual([...ASKED, ...ASKED])
})

test('an unknown kid is looked for once, then at most every ten seconds', async () => {
  const stage = await set()
  expect(await status(stage)).toBe(200)
  const token = await stranger(stage)
  for (let round = 0; round < 5; round += 1)
    expect(answerOf(await stage.send(await stage.honest({ token })))).toEqual(
      refusal({
        status: 401,
        challenges: [BEARER, dpop('invalid_token', SIGNATURE)],
        error: 'invalid_token',
      }),
    )
  expect(stage.issuer.asked).toEqual([...ASKED, ...ASKED])
  stage.clock.now += 10_000
  expect(await status(stage, token)).toBe(401)
  expect(stage.issuer.asked).toHaveLength(4)
  stage.clock.now += 1
  expect(await status(stage, token)).toBe(401)
  expect(stage.issuer.asked).toHaveLength(6)
})

test('a key that is withdrawn is used no longer than ten minutes', async () => {
  const stage = await set()
  const claims = { exp: stage.clock.now / 1000 + 3_600 }
  const token = await stage.token(claims)
  expect(await status(stage, token)).toBe(200)
  stage.issuer.signers = [newSigner('issuer-2')]
  stage.clock.now += 600_000
  expect(await status(stage, token)).toBe(200)
  stage.clock.now += 1
  expect(await status(stage, token)).toBe(401)
})

test('an issuer out of reach: 503, without a word about why', async () => {
  const stage = await set()
  const request = await stage.honest()
  await stage.issuer.close()
  const answer = await stage.send(request)
  expect(answerOf(answer)).toEqual(refusal(UNAVAILABLE))
  expect(JSON.stringify(answer.body)).not.toMatch(/ECONN|127\.0|fetch/)
})

test('out of reach while its keys are still good: known keys serve, unknown ones wait', async () => {
  const stage = await set()
  expect(await status(stage)).toBe(200)
  const [known, unknown] = [await stage.token(), await stranger(stage)]
  stage.issuer.broken = 500
  expect(await status(stage, known)).toBe(200)
  expect(await status(stage, unknown)).toBe(503)
  stage.issuer.broken = undefined
  expect(await status(stage, unknown)).toBe(401)
})

test('an issuer that comes back is asked again at once', async () => {
  const stage = await set()
  stage.issuer.broken = 502
  expect(await status(stage)).toBe(503)
  stage.issuer.broken = undefined
  expect(await status(stage)).toBe(200)
})

test('metadata of another issuer is nobody’s: 503', async () => {
  const stage = await set()
  stage.issuer.metadata = { issuer: 'https://evil.example' }
  expect(answerOf(await stage.send(await stage.honest()))).toEqual(refusal(UNAVAILABLE))
})

test.for([undefined, 7, 'http://as.example/jwks'])('a jwks_uri %j: 503', async (jwks_uri) => {
  const stage = await set()
  stage.issuer.metadata = { jwks_uri }
  expect(answerOf(await stage.send(await stage.honest()))).toEqual(refusal(UNAVAILABLE))
  expect(stage.issuer.asked).not.toContain('/jwks')
})

test('a JWKS without keys publishes none', async () => {
  const stage = await set()
  stage.issuer.metadata = { jwks_uri: 'https://as.example/.well-known/oauth-authorization-server' }
  expect(await status(stage)).toBe(401)
})

test('keys that are none, for encryption, or of another kind under the same kid are passed over', async () => {
  const stage = await set()
  const { jwk } = newSigner('x')
  stage.issuer.strangeKeys = [
    null,
    'key',
    { kty: 'constructor' },
    { kty: 'oct', k: 'c2VjcmV0', kid: 'issuer-1' },
    { ...jwk, kid: 'issuer-1', use: 'enc' },
    { ...jwk, kid: 'issuer-1', alg: 'ES512' },
    {
      kty: 'OKP',
      crv: 'Ed25519',
      x: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
      kid: 'issuer-1',
    },
  ]
  expect(await status(stage)).toBe(200)
})

test('a token that cannot be read causes no fetch', async () => {
  const stage = await set()
  expect(answerOf(await stage.send({ fields: [['Authorization', 'Bearer a.b.c']] }))).toEqual(
    refusal({
      status: 401,
      challenges: [bearer('invalid_token', 'The access token can be parsed.'), DPOP],
      error: 'invalid_token',
    }),
  )
  expect(stage.issuer.asked).toEqual([])
})
