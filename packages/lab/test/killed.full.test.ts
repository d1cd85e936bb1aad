import { expect, test } from 'vitest'
import { GOOD, killDuringFirstStart, moments } from './killed.ts'

// Loading the program takes the first part of a start, so the writing is in the later moments.
const all = [...moments(15, [20, 400]), ...moments(15, [400, 1_200])]

test.for(all)('a first start that is killed after %i ms', async (after) => {
  expect(await killDuringFirstStart(after)).toMatchObject(GOOD)
})
