/** What `up` does when it is stopped early. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makePlace, up } from './program.ts'

test.for(['SIGINT', 'SIGTERM'] as const)('%s during the tour', async (signal) => {
  const place = await makePlace()
  const lab = await up(place, ['up'])
  expect(await lab.stop(signal)).toMatchObject({ code: 0, err: '' })
  expect(existsSync(join(place.state, 'run.json'))).toBe(false)
  await place.remove()
})
