import { RecordsInProcess } from '@holdfast/store'
import type { Records } from '@holdfast/store'
import { afterEach, expect, test } from 'vitest'
import { provision } from '../src/index.ts'
import { clientCredentials, Prover, verdict } from './honest.ts'
import { startHouse } from './house.ts'
import type { House } from './house.ts'
import { over } from './records.ts'

let house: House
afterEach(() => house.stop())

test('renewed keys sign from then on; a request under way is finished with those it began with', async () => {
  const held = holdable()
  house = await startHouse({ through: held.through })
  const prover = await Prover.new()
  const before = await kids(house)
  const arrived = held.hold()
  const underWay = house.send(await clientCredentials(house, prover))
  await arrived
  await house.records.upsert({ kind: 'Key', id: 'ES256', payload: await anotherKey() })
  await house.server.renewKeys()
  held.release()
  const old = await underWay
  expect(verdict(old)).toEqual([200, undefined])
  expect(before).toContain(kidOf(old.json['access_token']))
  const after = await house.send(await clientCredentials(house, prover))
  expect(verdict(after)).toEqual([200, undefined])
  expect(before).not.toContain(kidOf(after.json['access_token']))
  expect(await kids(house)).toContain(kidOf(after.json['access_token']))
})

test('a store that cannot be read leaves the keys that are served', async () => {
  let broken = false
  house = await startHouse({
    through: (records) => ({
      ...over(records),
      find: (...args) => (broken ? Promise.reject(new Error('gone')) : records.find(...args)),
    }),
  })
  const before = await kids(house)
  broken = true
  await expect(house.server.renewKeys()).rejects.toThrow('gone')
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

async function anotherKey() {
  const records = new RecordsInProcess()
  await provision(records, { clients: [], users: [] })
  return (await records.find('Key', 'ES256'))!.payload
}

async function kids({ send, issuer }: House): Promise<unknown[]> {
  const { keys } = (await send({ url: `${issuer}/jwks` })).json
  return Array.isArray(keys) ? keys.map((key: { kid?: unknown }) => key.kid) : []
}

function kidOf(token: unknown): unknown {
  const [header = ''] = String(token).split('.')
  return JSON.parse(Buffer.from(header, 'base64url').toString()).kid
}
