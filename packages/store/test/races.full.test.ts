/** The races of the engines' tests, ten times as long. */
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { RecordsInPostgres } from '../src/postgres.ts'
import { RecordsInRedis, ReplayMemoryInRedis } from '../src/redis.ts'
import { racePuts, raceRecords, ROUNDS } from './races.ts'
import { Postgres, POSTGRES } from './servers/postgres.ts'
import { installed, leftOut } from './servers/process.ts'
import { Redis } from './servers/redis.ts'

const MANY = ROUNDS * 10
const four = <T>(open: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: 4 }, open))

const redisPresent = installed('redis-server')
describe.runIf(!redisPresent)('left out', () => {
  leftOut('redis-server')
})
describe.runIf(redisPresent)('Redis', () => {
  test(`${MANY} rounds`, { timeout: 600_000 }, async () => {
    const redis = await Redis.start('--appendonly', 'yes', '--appendfsync', 'always')
    const shared = { server: redis.server, name: randomUUID() }
    const memories = await four(() => ReplayMemoryInRedis.open(shared))
    const records = await four(() =>
      RecordsInRedis.open({ ...shared, restart: 'keeps', nothingUsedBefore: true }),
    )
    await expect(racePuts(memories, MANY)).resolves.toBeUndefined()
    await expect(raceRecords(records, MANY)).resolves.toBeUndefined()
    await Promise.all([...memories, ...records].map((one) => one.close()))
    await redis.stop()
  })
})

describe.runIf(!POSTGRES)('left out', () => {
  leftOut('postgres')
})
describe.runIf(POSTGRES !== undefined)('PostgreSQL', () => {
  test(`${MANY} rounds`, { timeout: 600_000 }, async () => {
    const postgres = await Postgres.start()
    const nodes = await four(() => RecordsInPostgres.open({ server: postgres.server }))
    await expect(raceRecords(nodes, MANY)).resolves.toBeUndefined()
    await Promise.all(nodes.map((one) => one.close()))
    await postgres.stop()
  })
})
