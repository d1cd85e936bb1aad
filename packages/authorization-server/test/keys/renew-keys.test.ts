import type { Records } from '@holdfast/store'
import { afterEach, expect, test, vi } from 'vitest'
import { readKeys, rotateKeys } from '../../src/index.ts'
import { Browser } from '../stage/browser.ts'
import { authorizationUrl, redeem, requestUri } from '../stage/flow.ts'
import { clientCredentials, Prover, verdict } from '../stage/honest.ts'
import { startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import { over } from '../stage/stores.ts'

let house: House
afterEach(async () => {
  vi.useRealTimers()
  await house.stop()
})

test('renewed keys sign from then on; a request under way is finished with those it began with', async () => {
  const held = holdable()
  house = await startHouse({ through: held.through })
  const prover = await Prover.new()
  const before = await kids(house)
  const arrived = held.hold()
  const underWay = house.send(await clientCredentials(house, prover))
  await arrived
  await rotateKeys({ records: house.records }, Date.now() + 10_000)
  await house.server.renewKeys()
  held.release()
  const old = await underWay
  expect(verdict(old)).toEqual([200, undefined])
  expect(before).toContain(kidOf(old.json['access_token']))
  const after = await house.send(await clientCredentials(house, prover))
  expect(verdict(after)).toEqual([200, undefined])
  expect(kidOf(after.json['access_token'])).not.toBe(kidOf(old.json['access_token']))
  expect(before).toContain(kidOf(after.json['access_token']))
  expect(await kids(house)).toEqual(expect.arrayContaining(before))
})

test('a node that was paused while others rotated looks for their keys before it answers', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  house = await startHouse()
  const prover = await Prover.new()
  const before = await kids(house)
  const records = { records: house.records }
  const HOURS = 3 * 3_600_000
  for (const step of [10_000, 20_000, HOURS]) await rotateKeys(records, Date.now() + step)
  vi.setSystemTime(Date.now() + HOURS)
  const { signing } = await readKeys(records)
  const published = signing.map(({ kid }) => kid)
  const [jwks, token] = await Promise.all([
    kids(house),
    house.send(await clientCredentials(house, prover)),
  ])
  expect(new Set(jwks)).toEqual(new Set(published))
  expect(before).not.toContain(kidOf(token.json['access_token']))
  expect(published).toContain(kidOf(token.json['access_token']))
})

test('a store that cannot be read leaves the keys that are served', async () => {
  let broken = false
  house = await startHouse({
    through: (records) => ({
      ...over(records),
      list: (kind) => (broken ? Promise.reject(new Error('gone')) : records.list(kind)),
    }),
  })
  const before = await kids(house)
  broken = true
  await expect(house.server.renewKeys()).rejects.toThrow('gone')
  // Nor are they any less where this is found out by a request, after a pause.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
  expect(await kids(house)).toEqual(before)
  broken = false
  expect(await kids(house)).toEqual(before)
})

/** Records whose next used assertion is written down only when it is let go. */
function holdable() {
  let onArrival: (() => void) | undefined
  let release = () => {}
  let gate: Promise<void> | undefined
  return {
    through: (records: Records): Records => ({
      ...over(records),
      add: async (record) => {
        onArrival?.()
        await gate
        return records.add(record)
      },
    }),
    hold: () => {
      gate = new Promise((resolve) => (release = resolve))
      return new Promise<void>((resolve) => (onArrival = resolve))
    },
    release: () => release(),
  }
}

async function kids({ send, issuer }: House): Promise<unknown[]> {
  const { keys } = (await send({ url: `${issuer}/jwks` })).json
  return Array.isArray(keys) ? keys.map((key: { kid?: unknown }) => key.kid) : []
}

function kidOf(token: unknown): unknown {
  const [header = ''] = String(token).split('.')
  return JSON.parse(Buffer.from(header, 'base64url').toString()).kid
}

test('a login that began before a rotation is finished after it', async () => {
  house = await startHouse()
  const browser = new Browser(house.send, house.issuer)
  const login = await browser.open(authorizationUrl(house, await requestUri(house)))
  await rotateKeys({ records: house.records }, Date.now() + 10_000)
  await house.server.renewKeys()
  const fields = { login: 'alice', password: 'correct horse' }
  const consent = await browser.press(login, 'login-submit', fields)
  await browser.press(consent, 'consent-submit')
  const code = String(new URL(browser.url).searchParams.get('code'))
  const answer = await house.send(await redeem(house, code, await Prover.new()))
  expect(verdict(answer)).toEqual([200, undefined])
})
