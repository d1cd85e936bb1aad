import { expect, test } from 'vitest'
import { readFields, valuesOf } from '../../src/index.ts'

test('a list that ends in the middle of a field ends with an empty value', () => {
  const fields = readFields(['Host', 'a', 'X', 'y', 'DPoP', 'one', 'dpop'])
  expect(valuesOf(fields, 'dpop')).toEqual(['one', ''])
  expect(valuesOf(fields, 'x')).toEqual([])
})
