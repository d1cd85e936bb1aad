/** Redis that has lost what it acknowledged, seen through two authorization servers. */
import { afterAll, expect, test } from 'vitest'
import { broughtNear, LOSSES, startLoss } from '../src/soaks/authorization-server/redis-loss.ts'
import { endAll, installed } from '../src/soaks/processes.ts'

const isPresent = installed('redis-server')
afterAll(endAll)

test.runIf(!isPresent)('left out: redis is not installed', () => {
  process.stderr.write('packages/bench: left out: redis is not installed\n')
  expect(isPresent).toBe(false)
})

test.runIf(isPresent).each(Object.entries(LOSSES))(
  '%s: what was used is not used again, proofs are challenged; then all is served without a restart',
  { timeout: 120_000 },
  async (_title, set) => {
    const through = await startLoss(set)
    expect(await through(broughtNear)).toMatchObject({ wrong: [], tried: 1 })
  },
)
