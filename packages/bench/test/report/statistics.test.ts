import { expect, test } from 'vitest'
import { ratio, spread } from '../../src/report/statistics.ts'

test('the median of an odd number of values is the middle one, by size', () => {
  expect(spread([10, 9, 100])).toEqual({ min: 9, median: 10, max: 100 })
})

test('the median of an even number of values lies between the middle two', () => {
  expect(spread([4, 1, 3, 2])).toEqual({ min: 1, median: 2.5, max: 4 })
})

test('one value is its own spread, none has no spread', () => {
  expect(spread([7])).toEqual({ min: 7, median: 7, max: 7 })
  expect(() => spread([])).toThrow(RangeError)
})

test('a ratio compares what was measured in the same round', () => {
  // the machine was half as fast in the second round: for both
  expect(ratio([20, 10, 22], [10, 5, 10])).toBe(2)
})
