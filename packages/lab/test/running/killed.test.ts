import { expect, test } from 'vitest'
import { GOOD, killDuringFirstStart, moments } from './killed.ts'

test.concurrent.for([...moments(5, [200, 900])])(
  'a first start that is killed after %i ms',
  async (after) => {
    expect(await killDuringFirstStart(after)).toMatchObject(GOOD)
  },
)
