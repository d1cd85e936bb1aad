/** The keys of the authorization server are replaced while everybody goes on working. */
import { type KeySummary, listKeys, rotateKeys } from '@holdfast/authorization-server'
import { connect, openConnection } from '@holdfast/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isClear, run, until } from './program.ts'
import { startTwoNodes, type TwoNodes } from './two-nodes.ts'

let lab: TwoNodes
beforeAll(async () => {
  lab = await startTwoNodes()
})
afterAll(() => lab.close())

/** Milliseconds after which the next keys may sign: the clock need not be waited for. */
const SETTLED = 5_000

const ROTATIONS = 1

test('no request fails anywhere while keys are rotated, with two nodes and a resource server', async () => {
  const load = await startLoad()
  for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
    const before = await current('ES256')
    const prepared = await kidOf('next')
    const { code, out } = await keys('rotate', '--json')
    expect(code).toBe(0)
    const listed: readonly KeySummary[] = JSON.parse(out)
    expect(listed).toEqual(await listKeys(lab.keyStore))
    expect(await current('ES256')).toBe(prepared)
    // Both nodes sign with the new key, and tokens of the previous one are still good.
    const seen = load.kids.length
    await until(() => {
      const last = load.kids.slice(seen).slice(-20)
      return last.length === 20 && last.every((kid) => kid === prepared)
    })
    expect(load.kids).toContain(before)
  }
  const { answers, kids } = await load.stop()
  expect(new Set(answers)).toEqual(new Set([200]))
  expect(new Set(kids).size).toBe(ROTATIONS + 1)
}, 60_000)

test('a token that was issued before a rotation is good after it', async () => {
  const client = await connect(await lab.material('private-key-jwt-dpop'))
  const { resource } = lab.addresses
  const tokens = await client.clientCredentials({ scope: 'accounts', resource })
  const signed = kidIn(tokens.access_token)
  await rotateKeys(lab.keyStore, Date.now() + SETTLED)
  await until(async () => (await published())[0] !== signed)
  expect((await client.call(tokens, 'GET', `${resource}/accounts`)).status).toBe(200)
  await client.close()
}, 30_000)

test('keys list shows purpose and state, and nothing secret', async () => {
  const { code, out } = await keys('list')
  expect(code).toBe(0)
  expect(out).toMatch(/^PS256 +next +\S{43} +since /m)
  expect(out).toMatch(/^ES256 +current +\S{43} +since /m)
  expect(out).toMatch(/^EdDSA +previous +\S{43} +until /m)
  expect(out.split('\n').every((line) => line.length < 110)).toBe(true)
})

test('without the key encryption key, the keys are not readable', async () => {
  const env = { HOLDFAST_KEY_ENCRYPTION_KEY_FILE: '' }
  const outcome = await run(lab.place, ['keys', 'list'], { env })
  expect(outcome).toMatchObject({ code: 2, out: '' })
  expect(outcome.err).toContain('a key encryption key is needed')
})

test('keys of a lab that has never been up are a mistake, and nothing is made', async () => {
  const nowhere = { ...lab.place, state: `${lab.place.state}-not` }
  const outcome = await run(nowhere, ['keys', 'rotate'])
  expect(outcome).toMatchObject({ code: 2, out: '' })
  expect(isClear(outcome)).toBe(true)
})

const keys = (...args: readonly string[]) => run(lab.place, ['keys', ...args])

const current = async (purpose: string) => kidOf('current', purpose)

async function kidOf(state: string, purpose = 'ES256'): Promise<unknown> {
  const list = await listKeys(lab.keyStore)
  return list.find((key) => key.purpose === purpose && key.state === state)?.kid
}

/** The kids of ES256 that a node publishes, the one that signs first. */
async function published(): Promise<readonly unknown[]> {
  const { trust } = await lab.material('private-key-jwt-dpop')
  const { fetch, close } = openConnection({ trust })
  const answer = await fetch(`${lab.addresses.issuer}/jwks`)
  const set: { keys: readonly { alg: string; kid: string }[] } = JSON.parse(await answer.text())
  await close()
  return set.keys.filter(({ alg }) => alg === 'ES256').map(({ kid }) => kid)
}

/** Clients that get tokens and call the API, one request after the other, until they are stopped. */
async function startLoad() {
  const answers: unknown[] = []
  const kids: unknown[] = []
  const stopped = new AbortController()
  const { resource } = lab.addresses
  const work = async (id: string) => {
    const client = await connect(await lab.material(id))
    while (!stopped.signal.aborted) {
      try {
        const tokens = await client.clientCredentials({ scope: 'accounts', resource })
        kids.push(kidIn(tokens.access_token))
        answers.push((await client.call(tokens, 'GET', `${resource}/accounts`)).status)
      } catch (error) {
        answers.push(error)
      }
    }
    await client.close()
  }
  const workers = ['private-key-jwt-dpop', 'tls-client-auth-mtls'].map(work)
  await until(() => answers.length > 10)
  return {
    answers,
    kids,
    stop: async () => {
      stopped.abort()
      await Promise.all(workers)
      return { answers, kids }
    },
  }
}

function kidIn(token: string): unknown {
  const [header = ''] = token.split('.')
  return JSON.parse(Buffer.from(header, 'base64url').toString()).kid
}
