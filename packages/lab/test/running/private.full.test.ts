/** The whole tour with a lab of its own: `commands.test.ts` has the tour, `private.test.ts` the lab. */
import { expect, test } from 'vitest'
import { expectNothingLeft } from './nothing-left.ts'
import { makePlace, run } from '../program.ts'

test('tour', { timeout: 120_000 }, async () => {
  const place = await makePlace()
  const { code, out, err } = await run(place, ['tour'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/✓ 68 of 68 flows reach the API, (\d+) of \1 attacks are refused/)
  await expectNothingLeft(place)
  await place.remove()
})
