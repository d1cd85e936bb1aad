import { expect, test } from 'vitest'
import { GOOD, killDuringFirstStart, moments } from './killed.ts'

// Loading the program takes the first part of a start, so the writing is in the later moments. They
// run side by side, each the slower for it: the last are late enough for that.
const all = [...moments(10, [20, 800]), ...moments(20, [800, 3_000])]

test.concurrent.for(all)('a first start that is killed after %i ms', async (after) => {
  expect(await killDuringFirstStart(after)).toMatchObject(GOOD)
})
