/** The races on the stores of many nodes; where a server is missing, that is said. */
import { expect, test } from 'vitest'
import { soakOn } from './soak-on.ts'

test.for(['postgres', 'redis'] as const)(
  'two nodes on %s keep single use',
  { timeout: 300_000 },
  async (engine) => {
    const { code, told } = await soakOn(engine, 'as-races', 5)
    if (code === 2) process.stderr.write(`packages/bench: left out: ${told}`)
    expect(told).toMatch(code === 2 ? / is not installed/ : /as-races: kept/)
    expect([0, 2]).toContain(code)
  },
)
