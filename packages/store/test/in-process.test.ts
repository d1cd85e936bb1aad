import { describe, expect, test, vi } from 'vitest'
import { RecordsInProcess, ReplayMemoryInProcess, sweepEvery } from '../src/index.ts'

const START = 1_700_000_000_000

describe('ReplayMemory in process', () => {
  test('a clock that steps back is a new generation, complete from its latest moment', async () => {
    const clock = { time: START }
    const memory = new ReplayMemoryInProcess(() => clock.time)
    const { generation } = memory
    const use = { key: 'a', owner: 'jkt', until: START + 60_000 }
    expect(await memory.put(use)).toBe('recorded')
    clock.time = START + 100_000
    expect(await memory.put({ ...use, key: 'b', until: START + 160_000 })).toBe('recorded')
    clock.time = START + 99_000
    expect(await memory.put({ ...use, key: 'b' })).toBe('seen')
    clock.time = START + 1
    expect(await memory.put({ ...use, generation })).toBe('new-generation')
    expect(memory.generation).not.toBe(generation)
    expect(memory.since).toBe(START + 100_000)
    expect(await memory.put(use)).toBe('recorded')
    expect(await memory.put(use)).toBe('seen')
  })

  test('200,000 records come and go: none is lost while it lives, none stays', async () => {
    const clock = { time: START }
    const limits = { records: 20_000, perOwner: 20_000 }
    const memory = new ReplayMemoryInProcess(() => clock.time, limits)
    const wrong: number[] = []
    for (let n = 0; n < 200_000; n += 1) {
      clock.time = START + n
      const use = { key: `k${n}`, owner: `o${n % 7_000}`, until: clock.time + 15_000 }
      if ((await memory.put(use)) !== 'recorded') wrong.push(n)
      const still = { ...use, key: `k${Math.max(0, n - 15_000)}` }
      if (n % 97 === 0 && (await memory.put(still)) !== 'seen') wrong.push(n)
    }
    expect(wrong).toEqual([])
    clock.time += 20_000
    for (let n = 0; n < 20_000; n += 1)
      await memory.put({ key: `x${n}`, owner: 'jkt', until: clock.time + 1 })
    const more = { key: 'more', owner: 'jkt', until: clock.time + 1 }
    expect(await memory.put(more)).toBe('full')
  })

  test('a record takes at most 100 bytes, also where each has an owner of its own', async () => {
    const count = 200_000
    const before = process.memoryUsage().arrayBuffers
    const limits = { records: count, perOwner: 1 }
    const memory = new ReplayMemoryInProcess(() => START, limits)
    for (let n = 0; n < count; n += 1)
      await memory.put({ key: `k${n}`, owner: `o${n}`, until: START + 60_000 })
    expect((process.memoryUsage().arrayBuffers - before) / count).toBeLessThan(100)
    expect(await memory.put({ key: 'more', owner: 'jkt', until: START })).toBe('full')
  })
})

test('sweepEvery: again and again, also after a failure, until it is stopped', async () => {
  vi.useFakeTimers()
  const failures: unknown[] = []
  let sweeps = 0
  const sweep = (): number => {
    sweeps += 1
    if (sweeps === 2) throw new Error('away')
    return 0
  }
  const stop = sweepEvery({ sweep }, 1_000, (error) => failures.push(error))
  await vi.advanceTimersByTimeAsync(3_500)
  stop()
  await vi.advanceTimersByTimeAsync(3_000)
  vi.useRealTimers()
  expect(sweeps).toBe(3)
  expect(failures).toEqual([new Error('away')])
})

test('Records in process: sweeps what has expired, with its grant and index, and only that', async () => {
  const clock = { time: START }
  const records = new RecordsInProcess(() => clock.time)
  const short = { kind: 'Code', id: 'short', payload: {}, grant: 'g', index: 'i' }
  await records.upsert({ ...short, expiresAt: START + 1 })
  await records.upsert({ ...short, id: 'long', index: 'j' })
  clock.time += 60_000
  expect(records.sweep()).toBe(1)
  expect(await records.findByIndex('Code', 'i')).toBeUndefined()
  expect((await records.list('Code')).map(({ id }) => id)).toEqual(['long'])
})
