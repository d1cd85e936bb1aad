/** The definition of `ReplayMemory`: every engine passes all of it. */
import { expect, test } from 'vitest'
import type { ReplayMemory } from '../src/index.ts'

const START = 1_700_000_000_000

interface Limits {
  readonly records: number
  readonly perOwner: number
}

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

  test('says from when on it is complete, and two lives have two generations', async () => {
    const [first, second] = [await start(), await start()]
    expect(first.memory.since).toBeLessThanOrEqual(START)
    expect(first.memory.generation).not.toBe(second.memory.generation)
  })
}
