/** Races over several connections, the same for every engine. */
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { Records, ReplayMemory } from '../src/index.ts'

export const ROUNDS = Number(process.env['HOLDFAST_ROUNDS'] ?? 100)
const PARALLEL = 20

const all = <T>(ask: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: PARALLEL }, (_, index) => ask(index)))

/** 20 equal uses in parallel, spread over the connections, in each round: one wins. */
export async function raceRecords(nodes: readonly Records[], rounds = ROUNDS): Promise<void> {
  const node = (index: number): Records => nodes[index % nodes.length]!
  for (let round = 0; round < rounds; round += 1) {
    const record = { kind: 'Code', id: randomUUID(), payload: {}, expiresAt: Date.now() + 60_000 }
    const added = await all((index) => node(index).add(record))
    expect(added.filter(Boolean)).toHaveLength(1)
    const consumed = await all((index) => node(index).consume('Code', record.id))
    expect(consumed.filter(Boolean)).toHaveLength(1)
  }
}

export async function racePuts(nodes: readonly ReplayMemory[], rounds = ROUNDS): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const use = { key: randomUUID(), owner: 'jkt', until: Date.now() + 60_000 }
    const puts = await all((index) => nodes[index % nodes.length]!.put(use))
    expect(puts.filter((put) => put === 'recorded')).toHaveLength(1)
    expect(puts.filter((put) => put === 'seen')).toHaveLength(PARALLEL - 1)
  }
}
