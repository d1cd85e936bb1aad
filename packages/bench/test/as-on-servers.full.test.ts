/** The authorization server on the stores of many nodes: races and kills. */
import { expect, test } from 'vitest'
import { POSTGRES } from '../src/soaks/postgres-server.ts'
import { installed } from '../src/soaks/processes.ts'
import { soakOn } from './soak-on.ts'

const ENGINES = [
  ['postgres', POSTGRES !== undefined],
  ['redis', installed('redis-server')],
] as const

for (const [engine, isPresent] of ENGINES) {
  test.runIf(!isPresent)(`left out: ${engine} is not installed`, () => {
    process.stderr.write(`packages/bench: left out: ${engine} is not installed\n`)
    expect(isPresent).toBe(false)
  })

  test.runIf(isPresent)(
    `kill -9 of ${engine}, and of its servers, loses nothing acknowledged`,
    { timeout: 300_000 },
    async () => {
      const { code, told: said } = await soakOn('as-durability', { engine, rounds: 4 })
      expect(said).toContain('as-durability: kept')
      expect(code).toBe(0)
    },
  )

  test.runIf(isPresent)(
    `two nodes on ${engine} keep single use`,
    { timeout: 300_000 },
    async () => {
      const { code, told: said } = await soakOn('as-races', { engine, rounds: 5 })
      expect(said).toContain('as-races: kept')
      expect(code).toBe(0)
    },
  )
}

test.runIf(installed('redis-server'))(
  'failover of Redis to its replica, and kill -9 of its servers, lose nothing acknowledged',
  { timeout: 300_000 },
  async () => {
    const { code, told: said } = await soakOn('as-failover', { rounds: 4 })
    expect(said).toContain('as-failover: kept')
    expect(code).toBe(0)
  },
)
