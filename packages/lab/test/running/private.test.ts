/** Without a lab that is up, a command starts one of its own, and nothing of it stays. */
import { readdir, rm } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PORTS } from '../../src/ports.ts'
import { expectNothingLeft } from './nothing-left.ts'
import { isClear, makePlace, type Place, run, start, until } from '../program.ts'

let place: Place

beforeEach(async () => {
  place = await makePlace()
})
afterEach(() => place.remove())

test('attack: on the API and on the server, by name', async () => {
  const { code, out } = await run(place, ['attack', 'binding/stolen', 'server/password'])
  expect(code).toBe(0)
  expect(out).toMatch(/✓ 401 invalid_token +RFC9449-4.3-12b/)
  expect(out).toMatch(/✓ 400 unsupported_grant_type +FAPI2SP-5.3.2.1-2/)
})

test('flow', async () => {
  const outcome = await run(place, ['flow', 'client-credentials', '--json'])
  expect(outcome).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse(outcome.out)).toMatchObject({ ok: true })
  await expectNothingLeft(place)
})

test('call, also where the answer is none', async () => {
  const [good, bad] = await Promise.all([
    run(place, ['call', 'GET', '/accounts', '--as', 'private-key-jwt-mtls']),
    run(place, ['call', 'GET', 'https://localhost:1/', '--as', 'private-key-jwt-mtls']),
  ])
  expect(good).toMatchObject({ code: 0, err: '' })
  expect(bad).toMatchObject({ code: 1, out: '' })
  await expectNothingLeft(place)
})

test('call --curl is refused: its command would outlive the lab', async () => {
  const outcome = await run(place, ['call', 'GET', '/', '--as', 'self-signed-dpop', '--curl'])
  expect(outcome).toMatchObject({ code: 2, out: '' })
  expect(isClear(outcome)).toBe(true)
  expect(outcome.err).toContain('scripts/lab up')
  await expectNothingLeft(place)
})

test('call by a client of one’s own says that it is not known here', async () => {
  const add = ['client', 'add', 'shop', '--auth', 'private_key_jwt', '--bind', 'dpop']
  const env = Object.fromEntries(Object.values(PORTS).map(([name, port]) => [name, String(port)]))
  expect((await run(place, add, { env })).code).toBe(0)
  const outcome = await run(place, ['call', 'GET', '/accounts', '--as', 'shop'])
  expect(outcome).toMatchObject({ code: 2, out: '' })
  expect(isClear(outcome)).toBe(true)
  expect(outcome.err).toContain('shop is known where it was added: start scripts/lab up')
  await rm(place.state, { recursive: true })
  await rm(place.certs, { recursive: true })
  await expectNothingLeft(place)
})

test('inspect starts no lab at all', async () => {
  expect(await run(place, ['inspect', '-'], { input: 'nonsense' })).toMatchObject({ code: 2 })
  await expectNothingLeft(place)
})

test.for(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ended by %s', async (signal) => {
  const started = start(place, ['tour'])
  await until(async () => (await readdir(place.temporary)).length > 0)
  started.process.kill(signal)
  const { code, err } = await started.outcome
  expect(code).toBe({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal])
  expect(err).toBe('')
  await expectNothingLeft(place)
})

test('read by somebody who stops reading', async () => {
  const started = start(place, ['flow', 'client-credentials'])
  started.process.stdout?.destroy()
  expect(await started.outcome).toMatchObject({ code: 0, err: '' })
  await expectNothingLeft(place)
})
