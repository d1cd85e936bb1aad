/** Revocation of JWTs: the lists that tokens name, as they are fetched and believed. */
import { deflateSync } from 'node:zlib'
import { SignJWT } from 'jose'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { BEARER, answerOf, dpop, refusal } from './answers.ts'
import { ISSUER, type Members, newSigner, type Signer } from './mint.ts'
import { raise, type Stage } from './stage.ts'

const PATH = '/status/1'
const URI = ISSUER + PATH
/** Of the first four tokens, two bits each: valid, revoked, suspended, without a meaning. */
const FIRST_FOUR = 0b11_10_01_00

interface Draft {
  bytes: Buffer
  header: Members & { alg: string }
  claims: Members
  by: Signer
  etag?: string
}

async function set(edit: (draft: Draft, stage: Stage) => void = () => {}, more = {}) {
  const stage: Stage = await raise({
    reading: { statusListUris: [URI] },
    route: { status: 'required', ...more },
  })
  onTestFinished(() => stage.close())
  stage.issuer.answers.set(PATH, async (headers) => {
    const draft = draftOf(stage)
    edit(draft, stage)
    if (draft.etag !== undefined && headers['if-none-match'] === draft.etag) return { status: 304 }
    const signed = new SignJWT({ ...listOf(draft.bytes), ...draft.claims })
    signed.setProtectedHeader(draft.header)
    return {
      headers: {
        'content-type': 'application/statuslist+jwt',
        ...(draft.etag !== undefined && { etag: draft.etag }),
      },
      body: await signed.sign(draft.by.privateKey, { crit: { x: true } }),
    }
  })
  return stage
}

const draftOf = ({ issuer, clock }: Stage): Draft => ({
  bytes: Buffer.from([FIRST_FOUR]),
  header: { typ: 'statuslist+jwt', alg: 'ES256', kid: issuer.signers[0]!.kid },
  claims: { iss: ISSUER, sub: URI, iat: clock.now / 1000, exp: clock.now / 1000 + 3_600, ttl: 60 },
  by: issuer.signers[0]!,
})
const listOf = (bytes: Buffer) => ({
  status_list: { bits: 2, lst: deflateSync(bytes).toString('base64url') },
})

const naming = (idx: unknown, uri: unknown = URI) => ({ status: { status_list: { idx, uri } } })
const send = async (stage: Stage, claims: Members = naming(0)) =>
  stage.send(await stage.honest({ token: await stage.token(claims) }))
const status = async (stage: Stage, claims?: Members) => (await send(stage, claims)).status
const fetches = ({ issuer }: Stage) => issuer.asked.filter((path) => path === PATH).length

const REVOKED = refusal({
  status: 401,
  challenges: [BEARER, dpop('invalid_token', 'The token has been neither revoked nor suspended.')],
  error: 'invalid_token',
})
const UNAVAILABLE = refusal({
  status: 503,
  challenges: [],
  error: 'temporarily_unavailable',
  retryAfter: '5',
})

test('FAPI2SP-5.3.4-3 holds for a token that its list calls valid', async () => {
  const stage = await set()
  expect(await status(stage)).toBe(200)
  const at = stage.issuer.asked.indexOf(PATH)
  expect(stage.issuer.headers[at]).toMatchObject({
    accept: 'application/statuslist+jwt',
    'cache-control': 'no-cache',
  })
  expect(stage.issuer.headers[at]).not.toHaveProperty('if-none-match')
})

test.for([
  ['a revoked token', naming(1)],
  ['a suspended one', naming(2)],
  ['a value without a meaning', naming(3)],
  ['a place behind the end', naming(4)],
  ['a negative place', naming(-1)],
  ['a place that is text', naming('0')],
  ['another list', naming(0, 'https://evil.example/status/1')],
  ['another list of the issuer', naming(0, `${URI}0`)],
  ['a list that is no text', naming(0, { toString: URI })],
  ['no list', {}],
  ['a status of another kind', { status: { other: 1 } }],
  ['a status that is null', { status: null }],
  ['a status_list that is null', { status: { status_list: null } }],
  ['a status_list that is text', { status: { status_list: URI } }],
] as const)('FAPI2SP-5.3.4-3 refuses %s', async ([, claims]) => {
  const stage = await set()
  expect(answerOf(await send(stage, claims))).toEqual(REVOKED)
  expect(await status(stage)).toBe(200)
})

test('a foreign list is never fetched', async () => {
  const stage = await set()
  await send(stage, naming(0, `${ISSUER}/status/2`))
  expect(stage.issuer.asked).not.toContain('/status/2')
})

describe('where no status is required', () => {
  test.for([
    ['no status', {}, 200],
    ['a status of another kind', { status: { other: 1 } }, 200],
    ['a valid one', naming(0), 200],
    ['a revoked one', naming(1), 401],
    ['a foreign list', naming(0, `${ISSUER}/status/2`), 401],
  ] as const)('%s: %i', async ([, claims, expected]) => {
    expect(await status(await set(undefined, { status: 'off' }), claims)).toBe(expected)
  })
})

test('where nobody looks at lists, a token that must have a status is refused', async () => {
  const stage = await raise({ route: { status: 'required' } })
  onTestFinished(() => stage.close())
  expect(answerOf(await send(stage))).toEqual(REVOKED)
})

test('requests at the same time share one fetch', async () => {
  const stage = await set()
  const requests = Array.from({ length: 30 }, (_, index) => status(stage, naming(index % 2)))
  const statuses = await Promise.all(requests)
  expect(statuses).toEqual(statuses.map((_, index) => (index % 2 === 0 ? 200 : 401)))
  expect(fetches(stage)).toBe(1)
})

test('a revocation is known 500 ms later', async () => {
  let revoked = false
  const stage = await set((draft) => {
    if (revoked) draft.bytes = Buffer.from([1])
  })
  expect(await status(stage)).toBe(200)
  revoked = true
  stage.clock.now += 250
  expect(await status(stage)).toBe(200)
  expect(fetches(stage)).toBe(1)
  stage.clock.now += 251
  expect(answerOf(await send(stage))).toEqual(REVOKED)
  expect(fetches(stage)).toBe(2)
})

test('and not later where the clock is set back', async () => {
  let revoked = false
  const stage = await set((draft) => {
    if (revoked) draft.bytes = Buffer.from([1])
  })
  expect(await status(stage)).toBe(200)
  revoked = true
  stage.clock.now -= 30_000
  expect(answerOf(await send(stage))).toEqual(REVOKED)
})

test('from 250 ms on a newer list is looked for, and nobody waits', async () => {
  const stage = await set()
  expect(await status(stage)).toBe(200)
  const opened = Promise.withResolvers<void>()
  stage.issuer.gate = opened.promise
  stage.clock.now += 251
  expect(await status(stage)).toBe(200)
  expect(await status(stage)).toBe(200)
  opened.resolve()
  await vi.waitFor(() => expect(fetches(stage)).toBe(2))
})

test('ttl below that is kept', async () => {
  let revoked = false
  const stage = await set((draft) => {
    draft.claims = { ...draft.claims, ttl: 0.1 }
    if (revoked) draft.bytes = Buffer.from([1])
  })
  expect(await status(stage)).toBe(200)
  revoked = true
  stage.clock.now += 101
  expect(await status(stage)).toBe(401)
})

test('a list that has not changed is not sent again', async () => {
  let etag = '"1"'
  const stage = await set((draft) => {
    draft.etag = etag
    if (etag !== '"1"') draft.bytes = Buffer.from([1])
  })
  const last = () => stage.issuer.headers[stage.issuer.asked.lastIndexOf(PATH)]
  expect(await status(stage)).toBe(200)
  for (const round of [2, 3]) {
    stage.clock.now += 501
    expect(await status(stage)).toBe(200)
    expect(fetches(stage)).toBe(round)
    expect(last()).toHaveProperty('if-none-match', '"1"')
  }
  stage.clock.now += 501
  etag = '"2"'
  expect(await status(stage)).toBe(401)
})

test('a list dies with its signing key, changed or not', async () => {
  const stage = await set((draft) => {
    draft.etag = '"1"'
    draft.header = { ...draft.header, kid: 'issuer-1' }
  })
  const [first] = stage.issuer.signers
  expect(await status(stage)).toBe(200)
  stage.issuer.signers = [newSigner('issuer-2')]
  stage.clock.now += 600_001
  // Its key is gone, so it is asked for as if it were new, and signed by the same lost key again.
  stage.issuer.signers[0] = { ...stage.issuer.signers[0]!, privateKey: first!.privateKey }
  const answer = await send(stage)
  expect(answer.status).not.toBe(200)
  const at = stage.issuer.asked.lastIndexOf(PATH)
  expect(stage.issuer.headers[at]).not.toHaveProperty('if-none-match')
})

test('and no 304 brings it back', async () => {
  const stage = await set((draft) => {
    draft.etag = '"1"'
  })
  expect(await status(stage)).toBe(200)
  stage.issuer.signers = [newSigner('issuer-2')]
  stage.issuer.answers.set(PATH, () => ({ status: 304 }))
  stage.clock.now += 600_001
  expect(answerOf(await send(stage))).toEqual(UNAVAILABLE)
})

test('304 for a list that we do not have is no list', async () => {
  const stage = await set()
  stage.issuer.answers.set(PATH, () => ({ status: 304 }))
  expect(answerOf(await send(stage))).toEqual(UNAVAILABLE)
})

describe('out of reach', () => {
  test('the list is believed for 500 ms, then nothing is', async () => {
    const stage = await set()
    expect(await status(stage)).toBe(200)
    stage.issuer.answers.set(PATH, () => ({ status: 500 }))
    stage.clock.now += 500
    expect(await status(stage)).toBe(200)
    stage.clock.now += 251
    expect(answerOf(await send(stage))).toEqual(UNAVAILABLE)
    expect(answerOf(await send(stage, naming(1)))).toEqual(UNAVAILABLE)
  })

  test('it is asked again after 250 ms, then after twice as long', async () => {
    const stage = await set()
    const good = stage.issuer.answers.get(PATH)!
    stage.issuer.answers.set(PATH, () => ({ status: 500 }))
    for (const [round, pause] of [250, 500, 1_000].entries()) {
      expect(await status(stage)).toBe(503)
      expect(fetches(stage)).toBe(round + 1)
      stage.clock.now += pause - 1
      expect(await status(stage)).toBe(503)
      expect(fetches(stage)).toBe(round + 1)
      stage.clock.now += 1
    }
    stage.issuer.answers.set(PATH, good)
    expect(await status(stage)).toBe(200)
  })

  test('so is one that has ended', async () => {
    const stage = await set(at('exp', 0))
    for (const _ of [1, 2]) expect(await status(stage)).toBe(503)
    expect(fetches(stage)).toBe(1)
  })

  test('a token that names no place, or another list, is refused all the same', async () => {
    const stage = await set()
    stage.issuer.answers.set(PATH, () => ({ status: 500 }))
    expect(answerOf(await send(stage, {}))).toEqual(REVOKED)
    expect(answerOf(await send(stage, naming(0, `${ISSUER}/2`)))).toEqual(REVOKED)
  })
})

test('a list that expires while it is held is not believed any longer', async () => {
  const stage = await set((draft, { clock }) => {
    draft.claims = { ...draft.claims, exp: Math.floor(clock.now / 1000) + 1 }
  })
  stage.clock.now += 700
  expect(await status(stage)).toBe(200)
  stage.clock.now += 299
  expect(await status(stage)).toBe(200)
  await vi.waitFor(() => expect(fetches(stage)).toBe(2))
  stage.clock.now += 1
  expect(await status(stage)).toBe(200)
  expect(fetches(stage)).toBe(3)
})

const claim = (name: string, value?: unknown) => (draft: Draft) => {
  draft.claims = { ...draft.claims, [name]: value }
}
const header = (name: string, value?: unknown) => (draft: Draft) => {
  draft.header = { ...draft.header, [name]: value }
}
const at = (name: string, seconds: number) => (draft: Draft, stage: Stage) => {
  draft.claims = { ...draft.claims, [name]: stage.clock.now / 1000 + seconds }
}

test.for([
  ['without iss: its key says whose it is', claim('iss')],
  ['without exp', claim('exp')],
  ['without ttl', claim('ttl')],
  ['made 10 s ahead', at('iat', 10)],
  ['that ends in a moment', at('exp', 0.001)],
  ['with application/ before its type', header('typ', 'application/statuslist+jwt')],
] as const)('a list %s is believed', async ([, edit]) => {
  expect(await status(await set(edit))).toBe(200)
})

test.for([
  ['of another issuer', claim('iss', 'https://evil.example')],
  ['of another URI', claim('sub', `${ISSUER}/status/2`)],
  ['of no URI', claim('sub')],
  ['without iat', claim('iat')],
  ['with an iat that is text', claim('iat', '1')],
  ['made 11 s from now', at('iat', 11)],
  ['that has ended', at('exp', 0)],
  ['with an exp that is text', claim('exp', '9999999999')],
  ['with a ttl that is nothing', claim('ttl', 0)],
  ['with a ttl that is text', claim('ttl', '60')],
  ['without a list', claim('status_list', undefined)],
  ['with a list of three bits', claim('status_list', { bits: 3, lst: 'eNrbuRgAAhcBXQ' })],
  ['with a list that cannot be inflated', claim('status_list', { bits: 1, lst: 'AAAA' })],
  ['of another type', header('typ', 'JWT')],
  ['that is an access token', header('typ', 'at+jwt')],
  ['without a type', header('typ')],
  ['with a kid that nobody publishes', header('kid', 'issuer-9')],
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
] as const)('a list %s is none: 503', async ([, edit]) => {
  expect(answerOf(await send(await set(edit)))).toEqual(UNAVAILABLE)
})

test.for([
  ['no JWS', 'a list'],
  ['an empty body', ''],
  ['more than four MiB', 'x'.repeat(4_194_305)],
])('%s is no list: 503', async ([, body = '']) => {
  const stage = await set()
  stage.issuer.answers.set(PATH, () => ({ body }))
  expect(answerOf(await send(stage))).toEqual(UNAVAILABLE)
})

test('a redirect is not followed', async () => {
  const stage = await set()
  stage.issuer.answers.set(PATH, () => ({ status: 302, headers: { location: '/elsewhere' } }))
  expect(answerOf(await send(stage))).toEqual(UNAVAILABLE)
  expect(stage.issuer.asked).not.toContain('/elsewhere')
})

test('the issuer rotates its key, and no request fails', async () => {
  const stage = await set()
  expect(await status(stage)).toBe(200)
  stage.issuer.signers = [newSigner('issuer-2'), ...stage.issuer.signers]
  stage.clock.now += 501
  expect(await status(stage)).toBe(200)
})
