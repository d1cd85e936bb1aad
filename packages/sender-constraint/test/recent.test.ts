import { expect, test } from 'vitest'
import { Recent } from '../src/index.ts'

test('what is used stays; what is not is forgotten, and never more than twice the size is kept', () => {
  const recent = new Recent<number>(2)
  for (const [index, key] of ['a', 'b', 'c'].entries()) recent.keep(key, index)
  expect(['a', 'b', 'c', 'd'].map((key) => recent.get(key))).toEqual([0, 1, 2, undefined])
  for (const key of ['d', 'e', 'f', 'g']) recent.keep(key, 7)
  expect(['a', 'b', 'c', 'g'].map((key) => recent.get(key))).toEqual([
    undefined,
    undefined,
    undefined,
    7,
  ])
})

test('the same value again displaces nothing; another one takes its place', () => {
  const recent = new Recent<number>(1)
  recent.keep('a', 1)
  recent.keep('b', 2)
  recent.keep('b', 2)
  expect([recent.get('a'), recent.get('b')]).toEqual([1, 2])
  recent.keep('a', 3)
  expect(recent.get('a')).toBe(3)
})

test('what is to be forgotten is, in both generations', () => {
  const recent = new Recent<number>(1)
  recent.keep('a', 1)
  recent.keep('b', 2)
  for (const key of ['a', 'b']) recent.forget(key)
  expect([recent.get('a'), recent.get('b')]).toEqual([undefined, undefined])
})

test('it says how much it keeps, and how often something was found', () => {
  const recent = new Recent<number>(2)
  expect(recent.figures).toEqual({ entries: 0, hits: 0, misses: 0 })
  for (const key of ['a', 'b', 'c']) recent.keep(key, 1)
  for (const key of ['c', 'c', 'x']) recent.get(key)
  expect(recent.figures).toEqual({ entries: 3, hits: 2, misses: 1 })
})
