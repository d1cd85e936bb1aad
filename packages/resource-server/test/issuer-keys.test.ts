import { constants, generateKeyPairSync, sign } from 'node:crypto'
import { decodeJwt } from 'jose'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Fetch, jwtTokens } from '../src/index.ts'
import { BEARER, bearer, DPOP, dpop, answerOf, refusal } from './answers.ts'
import { published, startIssuer } from './issuer.ts'
import { accessToken, ISSUER, jkt, newSigner, type Signer } from './mint.ts'
import { raise, type Stage, START } from './stage.ts'

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

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

test('an unknown kid is looked for once, then at most every five seconds', async () => {
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
  stage.clock.now += 5_000
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

test('and no longer where the clock is set back', async () => {
  const stage = await set()
  const token = await stage.token()
  expect(await status(stage, token)).toBe(200)
  stage.issuer.signers = [newSigner('issuer-2')]
  stage.clock.now -= 5_000
  expect(answerOf(await stage.send(await stage.honest({ token })))).toEqual(
    refusal({
      status: 401,
      challenges: [BEARER, dpop('invalid_token', SIGNATURE)],
      error: 'invalid_token',
    }),
  )
})

test('a failure before the clock was set back is no reason to wait', async () => {
  const stage = await set()
  stage.issuer.broken = 502
  expect(await status(stage)).toBe(503)
  stage.issuer.broken = undefined
  stage.clock.now -= 30_000
  expect(await status(stage)).toBe(200)
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
  stage.clock.now += 250
  expect(await status(stage, unknown)).toBe(401)
})

test('an issuer that fails is asked again after 250 ms, then after twice as long, up to 5 s', async () => {
  const stage = await set()
  const { issuer, clock } = stage
  issuer.broken = 502
  for (const [round, pause] of [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000].entries()) {
    expect(await status(stage)).toBe(503)
    expect(issuer.asked).toHaveLength(round + 1)
    clock.now += pause - 1
    expect(await status(stage)).toBe(503)
    expect(issuer.asked).toHaveLength(round + 1)
    clock.now += 1
  }
  issuer.broken = undefined
  expect(await status(stage)).toBe(200)
})

test('after a success the pause is short again', async () => {
  const stage = await set()
  const { issuer, clock } = stage
  for (const _ of [1, 2]) {
    issuer.broken = 502
    clock.now += 600_001
    expect(await status(stage)).toBe(503)
    issuer.broken = undefined
    clock.now += 250
    expect(await status(stage)).toBe(200)
  }
})

test('garbage does not turn an honest rotation into a 401: what cannot be looked up yet is 503', async () => {
  const stage = await set()
  expect(await status(stage)).toBe(200)
  expect(await status(stage, await stranger(stage))).toBe(401)
  stage.issuer.signers = [newSigner('issuer-2'), ...stage.issuer.signers]
  const honest = await stage.token()
  expect(answerOf(await stage.send(await stage.honest({ token: honest })))).toEqual(
    refusal(UNAVAILABLE),
  )
  stage.clock.now += 5_001
  expect(await status(stage, honest)).toBe(200)
})

test('what was looked for before the last look-up is not known to be missing', async () => {
  const stage = await set()
  expect(await status(stage)).toBe(200)
  const [one, other] = [await stranger(stage), await stranger(stage)]
  expect(await status(stage, one)).toBe(401)
  stage.clock.now += 5_001
  expect(await status(stage, other)).toBe(401)
  expect(await status(stage, one)).toBe(503)
})

test('nor does garbage with the kid that is to come', async () => {
  const stage = await set()
  expect(await status(stage)).toBe(200)
  const next = newSigner('issuer-2')
  stage.issuer.signers = [{ ...newSigner('attacker'), kid: next.kid }]
  const garbage = await stage.token()
  stage.issuer.signers = [newSigner('issuer-1')]
  expect(await status(stage, garbage)).toBe(401)
  stage.issuer.signers = [next]
  expect(await status(stage, await stage.token())).toBe(503)
  stage.clock.now += 5_001
  expect(await status(stage, await stage.token())).toBe(200)
  expect(await status(stage, garbage)).toBe(401)
})

describe('who joins a fetch that began before is not refused for what it did not find', () => {
  /** The keys of now, sent later: by then the issuer has rotated. */
  async function rotating(stage: Stage) {
    const { issuer, clock } = stage
    const read = jwtTokens({ issuer: ISSUER, fetch: issuer.fetch, now: () => clock.now })
    expect(await read(await stage.token())).toMatchObject({ form: 'jwt' })
    const before = JSON.stringify({ keys: issuer.signers.map(published) })
    issuer.answers.set('/jwks', () => {
      issuer.answers.clear()
      return { body: before }
    })
    const old = await stage.token()
    const garbage = await stranger(stage)
    issuer.signers = [newSigner('issuer-2')]
    return { read, old, garbage, honest: await stage.token() }
  }

  test('it is asked to come again, where garbage has used up the look-up', async () => {
    const stage = await set()
    const { read, garbage, honest } = await rotating(stage)
    const both = await Promise.all([read(garbage), read(honest)])
    expect(both).toMatchObject([{ form: 'jwt', key: undefined }, { form: 'unavailable' }])
    stage.clock.now += 5_001
    expect(await read(honest)).toMatchObject({ form: 'jwt', key: { algorithms: ['ES256'] } })
  })

  test('it is looked for once more, where nothing has', async () => {
    const stage = await set()
    const { read, old, honest } = await rotating(stage)
    stage.clock.now += 300_001
    const both = await Promise.all([read(old), read(honest), read(honest)])
    expect(both).toMatchObject(both.map(() => ({ form: 'jwt', key: { algorithms: ['ES256'] } })))
    expect(stage.issuer.asked).toHaveLength(6)
  })

  test('if that fetch fails, nothing is known', async () => {
    const stage = await set()
    const { read, garbage, honest } = await rotating(stage)
    stage.issuer.broken = 500
    const both = await Promise.all([read(garbage), read(honest)])
    expect(both).toMatchObject([{ form: 'unavailable' }, { form: 'unavailable' }])
    expect(stage.issuer.asked).toHaveLength(3)
  })
})

test('keys are looked for again before they are too old to use, and nobody waits', async () => {
  const stage = await set()
  const { issuer, clock } = stage
  expect(await status(stage)).toBe(200)
  clock.now += 300_000
  expect(await status(stage)).toBe(200)
  expect(issuer.asked).toHaveLength(2)
  clock.now += 1
  const opened = Promise.withResolvers<void>()
  issuer.gate = opened.promise
  expect(await status(stage)).toBe(200)
  opened.resolve()
  await vi.waitFor(() => expect(issuer.asked).toHaveLength(4))
  clock.now += 299_999
  expect(await status(stage)).toBe(200)
})

test('a failure to look again costs nothing while the keys are good', async () => {
  const stage = await set()
  const { issuer, clock } = stage
  expect(await status(stage)).toBe(200)
  issuer.broken = 500
  clock.now += 300_001
  expect(await status(stage)).toBe(200)
  await vi.waitFor(() => expect(issuer.asked).toHaveLength(3))
  clock.now += 299_999
  expect(await status(stage)).toBe(200)
})

test.for([
  ['65,536 bytes', 65_536, 200],
  ['65,537 bytes', 65_537, 503],
] as const)('a JWKS of %s: %i', async ([, bytes, expected]) => {
  const stage = await set()
  const text = JSON.stringify({ keys: stage.issuer.signers.map(published) })
  stage.issuer.answers.set('/jwks', () => ({ body: text.padEnd(bytes, ' ') }))
  expect(await status(stage)).toBe(expected)
})

test('a redirect is not followed', async () => {
  const stage = await set()
  const body = JSON.stringify({ keys: stage.issuer.signers.map(published) })
  stage.issuer.answers.set('/jwks', () => ({ status: 302, headers: { location: '/elsewhere' } }))
  stage.issuer.answers.set('/elsewhere', () => ({ body }))
  expect(await status(stage)).toBe(503)
  expect(stage.issuer.asked).toEqual(ASKED)
})

test('an answer without a body is no answer', async () => {
  const stage = await set()
  stage.issuer.answers.set('/jwks', () => ({ status: 204 }))
  expect(await status(stage)).toBe(503)
})

test.for([
  [2048, 200],
  [2047, 401],
] as const)('an issuer’s RSA key of %i bits: %i', async ([modulusLength, expected]) => {
  const stage = await set()
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'rsa' }
  stage.issuer.strangeKeys = [jwk]
  // jose refuses to sign with the shorter key: by hand.
  const claims = decodeJwt(await stage.token())
  const input = [{ typ: 'at+jwt', alg: 'PS256', kid: 'rsa' }, claims].map(encoded).join('.')
  const padding = constants.RSA_PKCS1_PSS_PADDING
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, padding, saltLength: 32 })
  expect(await status(stage, `${input}.${signature.toString('base64url')}`)).toBe(expected)
})

test('a key that names its alg is used with no other', async () => {
  const stage = await set()
  const [signer] = stage.issuer.signers
  stage.issuer.strangeKeys = [{ ...signer!.jwk, kid: 'other', alg: 'ES384' }]
  stage.issuer.signers = [{ ...signer!, kid: 'other' }]
  const token = await stage.token()
  stage.issuer.signers = [newSigner('issuer-1')]
  expect(await status(stage, token)).toBe(401)
  stage.issuer.strangeKeys = [{ ...signer!.jwk, kid: 'other', alg: 'ES256' }]
  stage.clock.now += 5_001
  expect(await status(stage, token)).toBe(200)
})

test('RFC 8414 §3.1: the well-known part stands before the path of the issuer', async () => {
  const stage = await set()
  for (const issuer of [`${ISSUER}/tenant`, `${ISSUER}/tenant/`]) {
    const read = jwtTokens({ issuer, fetch: stage.issuer.fetch })
    await read(await stage.token({ iss: issuer }))
    expect(stage.issuer.asked.at(-1)).toBe('/.well-known/oauth-authorization-server/tenant')
  }
})

describe('two issuers', () => {
  const OTHER = 'https://other.example'
  async function setTwo() {
    const second = await startIssuer()
    second.signers = [newSigner('issuer-1')] // the same kid: only iss tells them apart
    second.metadata = { issuer: OTHER, jwks_uri: `${OTHER}/jwks` }
    const clock = { now: START }
    const now = () => clock.now
    const stage = await set()
    const fetchSecond: Fetch = (url, init) => second.fetch(url.replace(OTHER, ISSUER), init)
    const read = jwtTokens(
      { issuer: ISSUER, fetch: stage.issuer.fetch, now },
      { issuer: OTHER, fetch: fetchSecond, now },
    )
    onTestFinished(() => second.close())
    const two = await raise({ clock, route: { tokens: read, issuer: [ISSUER, OTHER] } })
    onTestFinished(() => two.close())
    const tokenBy = (signer: Signer, iss: string) =>
      accessToken(signer, clock.now / 1000, { iss, cnf: { jkt: jkt(two.client) } })
    return { stage, two, second, tokenBy }
  }

  test('the tokens of both are accepted, each with its own keys', async () => {
    const { stage, two, second, tokenBy } = await setTwo()
    const [one, other] = [stage.issuer.signers[0]!, second.signers[0]!]
    expect(await status(two, await tokenBy(one, ISSUER))).toBe(200)
    expect(await status(two, await tokenBy(other, OTHER))).toBe(200)
    for (const token of [await tokenBy(one, OTHER), await tokenBy(other, ISSUER)])
      expect(answerOf(await two.send(await two.honest({ token })))).toEqual(
        refusal({
          status: 401,
          challenges: [BEARER, dpop('invalid_token', SIGNATURE)],
          error: 'invalid_token',
        }),
      )
  })

  test('one of them out of reach does not harm the other', async () => {
    const { stage, two, second, tokenBy } = await setTwo()
    second.broken = 500
    expect(await status(two, await tokenBy(second.signers[0]!, OTHER))).toBe(503)
    expect(await status(two, await tokenBy(stage.issuer.signers[0]!, ISSUER))).toBe(200)
  })

  test('a third is nobody’s, and nobody is asked', async () => {
    const { stage, two, second, tokenBy } = await setTwo()
    const token = await tokenBy(stage.issuer.signers[0]!, 'https://evil.example')
    expect(answerOf(await two.send(await two.honest({ token })))).toEqual(
      refusal({
        status: 401,
        challenges: [BEARER, dpop('invalid_token', 'The token is of our issuer.')],
        error: 'invalid_token',
      }),
    )
    expect([...stage.issuer.asked, ...second.asked]).toEqual([])
  })
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

test('RFC7517-5.1: what has no list of keys is no JWKS, and takes no key away', async () => {
  const stage = await set()
  expect(await status(stage)).toBe(200)
  stage.issuer.answers.set('/jwks', () => ({ body: '{"error":"server_error"}' }))
  stage.clock.now += 300_001
  expect(await status(stage)).toBe(200)
  await vi.waitFor(() => expect(stage.issuer.asked).toHaveLength(4))
  expect(await status(stage)).toBe(200)
  stage.clock.now += 300_001
  expect(answerOf(await stage.send(await stage.honest()))).toEqual(refusal(UNAVAILABLE))
})

test('a JWKS with an empty list publishes none', async () => {
  const stage = await set()
  stage.issuer.signers = []
  const signer = newSigner('issuer-1')
  const token = await accessToken(signer, stage.clock.now / 1000, {
    cnf: { jkt: jkt(stage.client) },
  })
  expect(await status(stage, token)).toBe(401)
})

describe('a key that is published', () => {
  const signer = newSigner('issuer-1')
  const whole = signer.privateKey.export({ format: 'jwk' })

  test.for([
    ['for signatures', { use: 'sig' }, 200],
    ['to verify with', { key_ops: ['sign', 'verify'] }, 200],
    ['to encrypt with', { key_ops: ['encrypt'] }, 401],
    ['with operations that are no list', { key_ops: 'verify' }, 401],
    ['with its private half, which everybody has then', { d: whole.d }, 401],
    ['with a secret beside it', { k: 'c2VjcmV0' }, 401],
    ['with a name that is a number', { kid: 1 }, 401],
    ['with an alg that is a list', { alg: ['ES256'] }, 401],
    ['a second time', { kid: 'issuer-1' }, 200],
  ] as const)('%s', async ([, more, expected]) => {
    const stage = await set()
    stage.issuer.signers = []
    stage.issuer.strangeKeys = [{ ...signer.jwk, kid: 'issuer-1', ...more }]
    const claims = { cnf: { jkt: jkt(stage.client) } }
    expect(await status(stage, await accessToken(signer, stage.clock.now / 1000, claims))).toBe(
      expected,
    )
  })

  test('beside another of its kind under the same kid: the first is meant', async () => {
    const stage = await set()
    const [first] = stage.issuer.signers
    const second = newSigner('issuer-1')
    stage.issuer.signers = [first!, second]
    expect(await status(stage)).toBe(200)
    const claims = { cnf: { jkt: jkt(stage.client) } }
    const token = await accessToken(second, stage.clock.now / 1000, claims)
    expect(await status(stage, token)).toBe(401)
  })
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
