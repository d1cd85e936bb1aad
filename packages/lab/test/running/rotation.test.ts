/** The keys of the authorization server are replaced while everybody goes on working. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type KeySummary, listKeys, rotateKeys } from '@holdfast/authorization-server'
import { connect, openConnection } from '@holdfast/client'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { isClear, run, until } from '../program.ts'
import { startTwoNodes, type TwoNodes } from '../two-nodes.ts'

let lab: TwoNodes
beforeAll(async () => {
  lab = await startTwoNodes()
})
afterAll(() => lab.close())

/** Milliseconds after which the next keys may sign: the clock need not be waited for. */
const SETTLED = 10_000

test('no request fails anywhere while keys are rotated, also where one node knows of it later', async () => {
  const [early, late] = lab.nodes
  late.close() // it looks for other keys when it is told to
  const load = await startLoad()
  onTestFinished(async () => void (await load.stop()))
  const last = async (when: (kids: readonly unknown[]) => boolean) => {
    const seen = load.kids.length
    await until(() => load.kids.length >= seen + 20 && when(load.kids.slice(-20)))
  }
  const before = await kidOf('current')
  const prepared = await kidOf('next')
  const { code, out } = await keys('rotate', '--json')
  expect(code).toBe(0)
  const listed: readonly KeySummary[] = JSON.parse(out)
  expect(listed).toEqual(await listKeys(lab.keyStore))
  expect(await kidOf('current')).toBe(prepared)

  await early.renewKeys()
  await last((kids) => kids.includes(before) && kids.includes(prepared))
  const sets = await Promise.all(Array.from({ length: 10 }, published))
  expect(new Set(sets.map(([signs]) => signs))).toEqual(new Set([before, prepared]))
  for (const set of sets) expect(set).toEqual(expect.arrayContaining([before, prepared]))

  await late.renewKeys()
  await last((kids) => kids.every((kid) => kid === prepared))
  const { answers, kids } = await load.stop()
  expect(new Set(answers)).toEqual(new Set([200]))
  expect(new Set(kids)).toEqual(new Set([before, prepared]))
}, 60_000)

test('a token that was issued before a rotation is good after it', async () => {
  const client = await connect(await lab.material('private-key-jwt-dpop'))
  const { resource } = lab.addresses
  const tokens = await client.clientCredentials({ scope: 'accounts', resource })
  const signed = kidIn(tokens.access_token)
  await rotateKeys(lab.keyStore, Date.now() + SETTLED)
  for (const node of lab.nodes) await node.renewKeys()
  expect((await published())[0]).not.toBe(signed)
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

test('a file that is not there is named, with the variable that names it', async () => {
  const file = join(lab.place.temporary, 'not-there')
  const env = { HOLDFAST_KEY_ENCRYPTION_KEY_FILE: file }
  const outcome = await run(lab.place, ['keys', 'list'], { env })
  expect(outcome).toMatchObject({
    code: 2,
    out: '',
    err: `holdfast: HOLDFAST_KEY_ENCRYPTION_KEY_FILE=${file}: ${file} cannot be read (ENOENT)\n`,
  })
})

test('a file without a key in it is named, with what is allowed, and is not repeated', async () => {
  const file = join(lab.place.temporary, 'no-key')
  await writeFile(file, 'c2hvcnQ=')
  const env = { HOLDFAST_KEY_ENCRYPTION_KEY_FILE: file }
  const outcome = await run(lab.place, ['keys', 'list'], { env })
  expect(outcome).toMatchObject({ code: 2, out: '' })
  expect(outcome.err).toBe(
    `holdfast: HOLDFAST_KEY_ENCRYPTION_KEY_FILE=${file}: key encryption key: "a line of 5 bytes" is refused; allowed: 32 bytes in base64, one key per line\n`,
  )
})

test('keys of a lab that has never been up are a mistake, and nothing is made', async () => {
  const nowhere = { ...lab.place, state: `${lab.place.state}-not` }
  const outcome = await run(nowhere, ['keys', 'rotate'])
  expect(outcome).toMatchObject({ code: 2, out: '' })
  expect(isClear(outcome)).toBe(true)
})

const keys = (...args: readonly string[]) => run(lab.place, ['keys', ...args])

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
