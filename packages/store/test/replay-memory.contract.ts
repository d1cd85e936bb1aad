/** The definition of `ReplayMemory`: every engine passes all of it. */
import { expect, test } from 'vitest'
import type { Limits, ReplayMemory } from '../src/index.ts'

const START = 1_700_000_000_000

export function replayMemoryContract(
  open: (now: () => number, limits: Limits) => Promise<ReplayMemory>,
): void {
  async function start(limits: Limits = { records: 1_000, perOwner: 1_000 }) {
    const clock = { time: START }
    return { clock, memory: await open(() => clock.time, limits) }
  }
  const use = (key: string, owner = 'jkt') => ({ key, owner, until: START + 70_000 })

  test('exactly one of 50 equal uses in parallel is recorded', async () => {
    const { memory } = await start()
    const puts = await Promise.all(Array.from({ length: 50 }, () => memory.put(use('a'))))
    expect(puts.filter((put) => put === 'recorded')).toHaveLength(1)
    expect(puts.filter((put) => put === 'seen')).toHaveLength(49)
  })

  test('remembers until the very last instant', async () => {
    const { clock, memory } = await start()
    await memory.put(use('a'))
    clock.time = START + 70_000
    expect(await memory.put(use('a'))).toBe('seen')
  })

  test('forgets afterwards, and gives the room back', async () => {
    const { clock, memory } = await start({ records: 1, perOwner: 1 })
    await memory.put(use('a'))
    clock.time = START + 72_000
    expect(await memory.put({ ...use('b'), until: clock.time + 1 })).toBe('recorded')
  })

  test('forgets after a long silence too', async () => {
    const { clock, memory } = await start({ records: 1, perOwner: 1 })
    await memory.put(use('a'))
    clock.time = START + 10 * 86_400_000
    expect(await memory.put({ ...use('b'), until: clock.time + 1 })).toBe('recorded')
  })

  test('a full memory refuses and forgets nothing', async () => {
    const { memory } = await start({ records: 2, perOwner: 2 })
    await memory.put(use('a'))
    await memory.put(use('b'))
    expect(await memory.put(use('c'))).toBe('full')
    expect(await memory.put(use('a'))).toBe('seen')
  })

  test('one owner over its quota leaves room for the others', async () => {
    const { memory } = await start({ records: 10, perOwner: 1 })
    await memory.put(use('a'))
    expect(await memory.put(use('b'))).toBe('over-quota')
    expect(await memory.put(use('c', 'another'))).toBe('recorded')
  })

  test('a use is recorded anew once it is over', async () => {
    const { clock, memory } = await start()
    await memory.put(use('a'))
    clock.time = START + 72_000
    expect(await memory.put({ ...use('a'), until: clock.time + 1_000 })).toBe('recorded')
    expect(await memory.put({ ...use('a'), until: clock.time + 1_000 })).toBe('seen')
  })

  test('a quota is free again once what filled it is over', async () => {
    const { clock, memory } = await start({ records: 10, perOwner: 2 })
    await memory.put(use('a'))
    await memory.put({ ...use('b'), until: START + 10_000 })
    expect(await memory.put(use('c'))).toBe('over-quota')
    clock.time = START + 12_000
    expect(await memory.put(use('c'))).toBe('recorded')
    expect(await memory.put(use('d'))).toBe('over-quota')
  })

  test('a use is the same whoever owns it', async () => {
    const { memory } = await start()
    await memory.put(use('a'))
    expect(await memory.put(use('a', 'another'))).toBe('seen')
  })

  test('who was given a nonce must use one until it expires; nobody else must', async () => {
    const { clock, memory } = await start()
    const bare = (key: string, owner = 'jkt') => ({ ...use(key, owner), withoutNonce: true })
    expect(await memory.put(bare('a'))).toBe('recorded')
    await memory.nonceGiven('jkt', START + 50_000)
    await memory.nonceGiven('jkt', START + 30_000) // the earlier one is still good until its end
    expect(await memory.put(bare('b'))).toBe('nonce-left-out')
    expect(await memory.put(bare('a'))).toBe('seen')
    expect(await memory.put(bare('b', 'another'))).toBe('recorded')
    expect(await memory.put(use('c'))).toBe('recorded')
    clock.time = START + 49_999
    expect(await memory.put(bare('d'))).toBe('nonce-left-out')
    clock.time = START + 50_000
    expect(await memory.put(bare('d'))).toBe('recorded')
  })

  test('a nonce that is given takes no room of the uses, nor of its owner', async () => {
    const { memory } = await start({ records: 1, perOwner: 1 })
    for (const owner of ['jkt', 'one', 'two']) await memory.nonceGiven(owner, START + 50_000)
    expect(await memory.put(use('a'))).toBe('recorded')
    expect(await memory.put(use('b', 'one'))).toBe('full')
  })

  test('a look changes nothing where nothing was lost', async () => {
    const { memory } = await start()
    const { generation, since } = memory
    await memory.put(use('a'))
    await Promise.all([memory.look(), memory.look(), memory.look()])
    expect([memory.generation, memory.since]).toEqual([generation, since])
    expect(await memory.put(use('a'))).toBe('seen')
  })

  test('says how much it keeps, and of nonces at least what it counts', async () => {
    const { clock, memory } = await start()
    expect(await memory.kept?.()).toMatchObject({ uses: 0 })
    await memory.put(use('a'))
    await memory.put({ ...use('b', 'another'), until: START + 1_000 })
    await memory.put(use('a'))
    for (const owner of ['jkt', 'one', 'jkt']) await memory.nonceGiven(owner, START + 50_000)
    const { uses, nonces } = (await memory.kept?.()) ?? {}
    expect(uses).toBe(2)
    expect([2, undefined]).toContain(nonces)
    clock.time = START + 72_000
    for (const key of ['c', 'd']) await memory.put({ ...use(key), until: clock.time + 1_000 })
    expect((await memory.kept?.())?.uses).toBeLessThanOrEqual(4)
  })

  test('a key is any string', async () => {
    const { memory } = await start()
    const hash = 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg' // SHA-256 of "test"
    const alike = ['A', '-', '_', 'é', '"', '+', '/'].map((end) => 'x'.repeat(42) + end)
    const keys = ['', '\0', 'a\0', '{a}', hash, hash.toLowerCase(), 'y'.repeat(10_000), ...alike]
    const outcomes = new Set<string>()
    for (const key of keys) outcomes.add(await memory.put(use(key)))
    expect([...outcomes]).toEqual(['recorded'])
    for (const key of keys) expect(await memory.put(use(key))).toBe('seen')
  })

  test('a put judged by another generation is not recorded', async () => {
    const { memory } = await start()
    expect(await memory.put({ ...use('a'), generation: 'another' })).toBe('new-generation')
    const { generation } = memory
    expect(await memory.put({ ...use('a'), generation })).toBe('recorded')
  })

  test('says from when on it is complete, and two lives have two generations', async () => {
    const [first, second] = [await start(), await start()]
    expect(first.memory.since).toBeLessThanOrEqual(START)
    expect(first.memory.generation).not.toBe(second.memory.generation)
  })
}
