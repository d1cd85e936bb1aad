/** What `up` does when it is stopped early. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makePlace, up } from '../program.ts'

test.for(['SIGINT', 'SIGTERM'] as const)('%s during the tour', async (signal) => {
  const place = await makePlace()
  const lab = await up(place, ['up'])
  const outcome = await lab.stop(signal)
  expect(outcome).toMatchObject({ code: 0, err: '' })
  // The rest of the tour is not waited for, and no address of what is gone is told.
  expect(outcome.out).not.toMatch(/flows reach the API|Addresses/)
  expect(existsSync(join(place.state, 'run.json'))).toBe(false)
  await place.remove()
})
