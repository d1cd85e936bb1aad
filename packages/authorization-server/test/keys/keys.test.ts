import { randomBytes } from 'node:crypto'
import { RecordsInProcess } from '@holdfast/store'
import type { NewRecord, Records } from '@holdfast/store'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  encryptedWith,
  KeysNotSettledError,
  listKeys,
  provision,
  readKeys,
  rotateKeys,
} from '../../src/index.ts'
import { createKeys, encryptKeys } from '../../src/keys/keys.ts'
import { clientCredentials, Prover } from '../stage/honest.ts'
import { startHouse } from '../stage/house.ts'
import { killed, over } from '../stage/stores.ts'

const START = 1_800_000_000_000
const SETTLED = 10_000
const HOUR = 3_600_000
const PUBLISHED = 'ES256'

let records: Records
beforeEach(async () => {
  records = new RecordsInProcess()
  await createKeys({ records }, START)
})

/** The kids of one algorithm, the one that signs first. */
const kids = async (now: number, alg = PUBLISHED) =>
  (await readKeys({ records }, now)).signing.filter((key) => key.alg === alg).map(({ kid }) => kid)

test('PS256, ES256 and EdDSA have a current and a next key each, and no other algorithm has any', async () => {
  const { signing } = await readKeys({ records }, START)
  expect(signing.map(({ alg, kty, crv }) => [alg, kty, crv])).toEqual([
    ...[1, 2].map(() => ['PS256', 'RSA', undefined]),
    ...[1, 2].map(() => ['ES256', 'EC', 'P-256']),
    ...[1, 2].map(() => ['EdDSA', 'OKP', 'Ed25519']),
  ])
  expect(new Set(signing.map(({ kid }) => kid)).size).toBe(6)
})

test('ML-DSA is there for who asks for it, and then beside the others', async () => {
  const store = { records, algorithms: ['PS256', 'ES256', 'EdDSA', 'ML-DSA-65'] } as const
  const before = await readKeys({ records }, START)
  await createKeys(store, START)
  const { signing } = await readKeys(store, START)
  expect(signing.slice(0, 6)).toEqual(before.signing)
  expect(signing.slice(6).map(({ kty, alg }) => [kty, alg])).toEqual([
    ['AKP', 'ML-DSA-65'],
    ['AKP', 'ML-DSA-65'],
  ])
  expect((await readKeys({ records }, START)).signing).toEqual(before.signing)
})

test('a rotation lets the next key sign, which has been published before, and keeps the previous one', async () => {
  const [current, next] = await kids(START)
  await rotateKeys({ records }, START + SETTLED)
  const [signs, previous, prepared, ...more] = await kids(START + SETTLED)
  expect([signs, previous]).toEqual([next, current])
  expect([current, next]).not.toContain(prepared)
  expect(more).toEqual([])
})

test('a previous key stays as long as any token that it signed, and then goes', async () => {
  const [first] = await kids(START)
  const rotated = START + SETTLED
  await rotateKeys({ records }, rotated)
  expect(await kids(rotated + HOUR + 59_999)).toContain(first)
  expect(await kids(rotated + HOUR + 60_000)).not.toContain(first)
})

test('rotations within that time keep every key that may still be needed', async () => {
  const before = await kids(START)
  for (const step of [1, 2, 3]) await rotateKeys({ records }, START + step * SETTLED)
  const after = await kids(START + 3 * SETTLED)
  expect(after).toEqual(expect.arrayContaining(before))
  expect(after).toHaveLength(5)
})

test('a next key that not every node publishes yet does not sign', async () => {
  const early = rotateKeys({ records }, START + SETTLED - 1)
  await expect(early).rejects.toThrow(KeysNotSettledError)
  await expect(early).rejects.toMatchObject({ settledAt: START + SETTLED })
  await rotateKeys({ records }, START + SETTLED)
})

test('a next key made by a node that is five seconds behind does not sign at once either', async () => {
  const made = START + 2 * SETTLED
  await rotateKeys({ records }, made - 5_000)
  const early = rotateKeys({ records }, made + 4_999)
  await expect(early).rejects.toThrow(KeysNotSettledError)
  await rotateKeys({ records }, made + 5_000)
})

test('of rotations at the same time one counts', async () => {
  const [, next] = await kids(START)
  await Promise.all([1, 2, 3, 4].map(() => rotateKeys({ records }, START + SETTLED)))
  const after = await kids(START + SETTLED)
  expect(after[0]).toBe(next)
  expect(after).toHaveLength(3)
})

test('a rotation that is killed at any write leaves a set that works, and the next one goes through', async () => {
  for (let step = 0; step < 3; step += 1) {
    await rotateKeys({ records: killed(records, step) }, await settled()).catch(() => undefined)
    const { signing } = await readKeys({ records }, await settled())
    expect(new Set(signing.map(({ alg }) => alg)).size).toBe(3)
  }
  const before = await kids(await settled())
  const at = await settled()
  await rotateKeys({ records }, at)
  expect((await kids(at))[0]).toBe(before.at(-1))
  expect(await records.list('KeySet')).toHaveLength(1)
})

test('cookies are signed with the current secret and verified with all, for as long as a session', async () => {
  const [current, next] = (await readKeys({ records }, START)).cookies
  await rotateKeys({ records }, START + SETTLED)
  const { cookies } = await readKeys({ records }, START + SETTLED)
  expect(cookies.slice(0, 2)).toEqual([next, current])
  expect((await readKeys({ records }, START + 24 * HOUR)).cookies).toContain(current)
  expect((await readKeys({ records }, START + 25 * HOUR)).cookies).not.toContain(current)
})

test('nonces are made with the current secret, and those of the others are accepted while they may live', async () => {
  const [current, next] = (await readKeys({ records }, START)).dpopNonces
  const rotated = START + SETTLED
  await rotateKeys({ records }, rotated)
  const { dpopNonces } = await readKeys({ records }, rotated)
  expect(dpopNonces.slice(0, 2)).toEqual([next, current])
  const last = rotated + 300_000 + 60_000
  expect((await readKeys({ records }, last - 1)).dpopNonces).toContainEqual(current)
  expect((await readKeys({ records }, last)).dpopNonces).not.toContainEqual(current)
})

test('what is listed names every key and shows none', async () => {
  await rotateKeys({ records }, START + SETTLED)
  const list = await listKeys({ records }, START + SETTLED)
  const ofOne = list.filter(({ purpose }) => purpose === PUBLISHED)
  expect(ofOne.map(({ state }) => state)).toEqual(['next', 'current', 'previous'])
  expect(ofOne.map(({ since }) => Date.parse(since))).toEqual([START + SETTLED, START, START])
  const { signing, cookies } = await readKeys({ records }, START + SETTLED)
  for (const secret of [...signing.map(({ d }) => String(d)), ...cookies])
    expect(JSON.stringify(list)).not.toContain(secret)
})

test('a store without keys says so', async () => {
  await expect(readKeys({ records: new RecordsInProcess() })).rejects.toThrow('provision it first')
})

describe('encryption', () => {
  const newSecret = () => randomBytes(32).toString('base64')
  const secret = newSecret()

  async function encrypted() {
    const store = { records: new RecordsInProcess(), encryption: encryptedWith(secret) }
    await provision(store.records, { clients: [], users: [], keyEncryption: store.encryption })
    return store
  }

  test('nothing of a key can be read in the store, and with the key encryption key all of it', async () => {
    const store = await encrypted()
    const text = JSON.stringify(await store.records.list('KeySet'))
    const { signing, cookies } = await readKeys(store)
    for (const part of ['lines', 'PS256', ...signing.map(({ d }) => String(d)), ...cookies])
      expect(text).not.toContain(part)
    expect(signing).toHaveLength(6)
  })

  test('without it, with another, or changed, nothing is read', async () => {
    const { records: stored, encryption } = await encrypted()
    await expect(readKeys({ records: stored })).rejects.toThrow('a key encryption key is needed')
    const other = encryptedWith(newSecret())
    await expect(readKeys({ records: stored, encryption: other })).rejects.toThrow('another key')
    const { id, payload } = (await stored.find('KeySet', '1'))!
    const bytes = Buffer.from(String(payload['encrypted']), 'base64url')
    bytes[20]! ^= 1
    await stored.upsert({
      kind: 'KeySet',
      id,
      payload: { ...payload, encrypted: bytes.toString('base64url') },
    })
    await expect(readKeys({ records: stored, encryption })).rejects.toThrow('have been changed')
  })

  test('an old version cannot be put in the place of a newer one', async () => {
    const { records: stored, encryption } = await encrypted()
    const [old] = await stored.list('KeySet')
    await stored.upsert({ kind: 'KeySet', id: '9', payload: old!.payload })
    await expect(readKeys({ records: stored, encryption })).rejects.toThrow('have been changed')
  })

  test('a second line still decrypts, and with the first the same keys are encrypted anew', async () => {
    const { records: stored } = await encrypted()
    const added = newSecret()
    const both = { records: stored, encryption: encryptedWith(`${added}\n${secret}\n`) }
    const before = await readKeys(both)
    await encryptKeys(both)
    const onlyNew = { records: stored, encryption: encryptedWith(added) }
    expect((await readKeys(onlyNew)).signing).toEqual(before.signing)
    await encryptKeys(both)
    expect((await stored.list('KeySet')).map(({ id }) => id)).toEqual(['2'])
  })

  test('keys from a time without encryption are encrypted by who starts with it', async () => {
    const { signing, cookies, dpopNonces } = await readKeys({ records })
    const house = await startHouse({ records, keyEncryption: encryptedWith(secret) })
    const text = JSON.stringify(await records.list('KeySet'))
    for (const part of ['lines', ...signing.map(({ d }) => String(d)), ...cookies])
      expect(text).not.toContain(part)
    await expect(readKeys({ records })).rejects.toThrow('a key encryption key is needed')
    const keys = { records, encryption: encryptedWith(secret) }
    expect(await readKeys(keys)).toMatchObject({ signing, cookies, dpopNonces })
    const prover = await Prover.new()
    expect((await house.send(await clientCredentials(house, prover))).status).toBe(200)
    await house.stop()
  })

  test('a rotation that comes between is encrypted as well', async () => {
    const inner = over(records)
    let isBetween = true
    const store = {
      encryption: encryptedWith(secret),
      records: {
        ...inner,
        add: async (record: NewRecord) => {
          if (isBetween) {
            isBetween = false
            await rotateKeys({ records }, START + SETTLED)
          }
          return inner.add(record)
        },
      },
    }
    const [, next] = await kids(START)
    await encryptKeys(store)
    await expect(readKeys({ records })).rejects.toThrow('a key encryption key is needed')
    const { signing } = await readKeys(store, START + SETTLED)
    expect(signing.find(({ alg }) => alg === PUBLISHED)?.kid).toBe(next)
  })

  test('keys that cannot be decrypted stop the start, and stay as they are', async () => {
    const { records: stored } = await encrypted()
    const before = await stored.list('KeySet')
    const other = { records: stored, encryption: encryptedWith(newSecret()) }
    await expect(encryptKeys(other)).rejects.toThrow('another key')
    expect(await stored.list('KeySet')).toEqual(before)
  })

  test.each(['', '\n\n', 'c2hvcnQ=', newSecret().slice(0, -6)])('%j is no key', (text) => {
    expect(() => encryptedWith(text)).toThrow('allowed: 32 bytes in base64')
  })

  test('a refused key is not repeated', () => {
    expect(() => encryptedWith('c2hvcnQ=')).toThrow(/^(?!.*c2hvcnQ)/)
  })
})

async function settled(): Promise<number> {
  const since = (await listKeys({ records }, START)).map((key) => Date.parse(key.since))
  return Math.max(...since) + SETTLED
}
