import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { StoreError } from '../src/index.ts'
import { ReplayMemoryInPostgres, type ReplayMemoryInPostgresOptions } from '../src/postgres.ts'
import { racePuts } from './races.ts'
import { replayMemoryContract } from './replay-memory.contract.ts'
import { Postgres, POSTGRES } from './servers/postgres.ts'
import { eventually, leftOut } from './servers/process.ts'

const present = POSTGRES !== undefined
describe.runIf(!present)('left out', () => {
  leftOut('postgres')
})
describe.runIf(present)('ReplayMemory in PostgreSQL', () => {
  suite()
})

const newSchema = () => `s${randomUUID().replaceAll('-', '_')}`
const use = (key: string = randomUUID()) => ({ key, owner: 'jkt', until: Date.now() + 60_000 })

function suite(): void {
  let postgres: Postgres
  const opened: ReplayMemoryInPostgres[] = []
  beforeAll(async () => {
    postgres = await Postgres.start()
  })
  afterAll(async () => {
    await Promise.all(opened.map((memory) => memory.close()))
    await postgres.stop()
  })

  async function open(options: Partial<ReplayMemoryInPostgresOptions> = {}) {
    const memory = await ReplayMemoryInPostgres.open({
      server: { ...postgres.server, max: 4 },
      schema: newSchema(),
      every: 60_000,
      ...options,
    })
    opened.push(memory)
    return memory
  }

  replayMemoryContract((now, limits) => open({ now, limits, margin: 0 }))

  test('20 in parallel over two nodes of four connections: one is recorded', async () => {
    const schema = newSchema()
    await expect(
      racePuts([await open({ schema }), await open({ schema })]),
    ).resolves.toBeUndefined()
  })

  test('a use whose end has come is recorded anew by one of 20', async () => {
    const clock = { time: Date.now() }
    const schema = newSchema()
    const options = { schema, now: () => clock.time, margin: 0 }
    const nodes = [await open(options), await open(options)]
    const brief = { ...use(), until: clock.time + 1 }
    expect(await nodes[0]!.put(brief)).toBe('recorded')
    clock.time += 2_000
    const again = { ...brief, until: clock.time + 1_000 }
    const puts = await Promise.all(Array.from({ length: 20 }, (_, n) => nodes[n % 2]!.put(again)))
    expect(puts.filter((put) => put === 'recorded')).toHaveLength(1)
    expect(puts.filter((put) => put === 'seen')).toHaveLength(19)
  })

  test('nodes of one schema are in one generation, which begins a margin after the database’s time', async () => {
    const schema = newSchema()
    const [one, two] = [await open({ schema, margin: 5_000 }), await open({ schema })]
    expect(two.generation).toBe(one.generation)
    expect(one.since - Date.now()).toBeGreaterThan(4_000)
  })

  test('the quota is kept while two nodes put and sweep at the same time', async () => {
    const clock = { time: Date.now() }
    const limits = { records: 1_000, perOwner: 30 }
    const options = { schema: newSchema(), now: () => clock.time, margin: 0, limits }
    const nodes = [await open(options), await open(options)]
    for (let round = 0; round < 5; round += 1) {
      const until = clock.time + 1_000
      const puts = Array.from({ length: 60 }, (_, n) =>
        nodes[n % 2]!.put({ key: randomUUID(), owner: `o${n % 3}`, until }),
      )
      const sweeps = nodes.map((node) => node.sweep())
      expect(new Set(await Promise.all(puts))).toEqual(new Set(['recorded']))
      await Promise.all(sweeps)
      clock.time += 2_000
    }
    expect(await nodes[0]!.sweep()).toBeGreaterThan(0)
    const { owner } = use()
    for (let n = 0; n < 30; n += 1)
      expect(await nodes[n % 2]!.put({ ...use(), owner })).toBe('recorded')
    expect(await nodes[1]!.put({ ...use(), owner })).toBe('over-quota')
  })

  test('sweeps by itself', async () => {
    const schema = newSchema()
    const memory = await open({ schema, margin: 0, every: 20 })
    await memory.put({ ...use(), until: Date.now() })
    await eventually('sweep', async () => {
      const client = new Client(postgres.server)
      await client.connect()
      const { rows } = await client.query(`SELECT count(*) AS n FROM "${schema}".replay_use`)
      await client.end()
      return Number(rows[0]?.n) === 0
    })
    expect(await memory.put(use())).toBe('recorded')
  })

  describe('may have lost its records', () => {
    /** What two nodes see: each is told of the new generation, and records nothing in the old one. */
    async function lose(loss: () => Promise<void>) {
      const schema = newSchema()
      const nodes = [await open({ schema }), await open({ schema })]
      const { generation } = nodes[0]!
      const used = use()
      expect(await nodes[0]!.put(used)).toBe('recorded')
      await loss()
      for (const node of nodes) {
        const answers = new Set<string>()
        await eventually('recovery', async () => {
          const answer = await node.put({ ...used, generation }).catch(() => 'unreachable')
          answers.add(answer)
          return answer === 'new-generation'
        })
        expect(answers).not.toContain('recorded')
        expect(node.generation).not.toBe(generation)
        expect(node.since).toBeGreaterThan(used.until - 60_000)
      }
      expect(nodes[0]!.generation).toBe(nodes[1]!.generation)
      return { node: nodes[0]!, used }
    }

    test('crash of the server: its tables are empty', async () => {
      const { node, used } = await lose(async () => {
        await postgres.end('SIGQUIT')
        await postgres.start()
      })
      expect(await node.put(used)).toBe('recorded') // and `since` has it challenged
    })

    test('clean restart: nothing is lost, and a new generation all the same', async () => {
      const { node, used } = await lose(async () => {
        await postgres.end('SIGINT')
        await postgres.start()
      })
      expect(await node.put(used)).toBe('seen')
    })

    test('crash of one backend, from which the server recovers without a new start', async () => {
      const { node, used } = await lose(() => postgres.killBackend())
      expect(await node.put(used)).toBe('recorded')
    })

    test('a clock that steps back behind what was swept', async () => {
      const clock = { time: Date.now() }
      const node = await open({ now: () => clock.time, margin: 0 })
      const { generation } = node
      const used = { ...use(), until: clock.time + 1_000 }
      await node.put(used)
      clock.time += 10_000
      expect(await node.sweep()).toBe(1)
      clock.time -= 9_500
      expect(await node.put(used)).toBe('new-generation')
      expect(node.generation).not.toBe(generation)
      expect(node.since).toBeGreaterThan(clock.time)
    })
  })

  test.each([-120_000, 120_000])(
    'a node %i ms from the database: remembered as long as either says so',
    async (difference) => {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + difference })
      try {
        const memory = await open({ margin: 1_000 })
        const brief = { ...use(), until: Date.now() + 100 }
        expect(await memory.put(brief)).toBe('recorded')
        vi.setSystemTime(Date.now() + 99)
        expect(await memory.put(brief)).toBe('seen')
        expect(memory.since).toBeGreaterThan(Date.now())
      } finally {
        vi.useRealTimers()
      }
    },
  )

  test('nobody there: no memory', async () => {
    await expect(open({ server: { host: '/nowhere' } })).rejects.toThrow(StoreError)
  })

  test('a lock that is not given back: refused in time, and served afterwards', async () => {
    const schema = newSchema()
    const memory = await open({ schema, timeout: 200 })
    const client = new Client(postgres.server)
    await client.connect()
    await client.query(`BEGIN; LOCK TABLE "${schema}".replay_use`)
    const used = use()
    await expect(memory.put(used)).rejects.toBeInstanceOf(Error)
    await client.end()
    expect(await memory.put(used)).toBe('recorded')
  })
}
