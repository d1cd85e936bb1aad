import { expect, test } from 'vitest'
import { GivenNonces } from '../src/in-process/given-nonces.ts'

const asked = (nonces: GivenNonces, now: number, ...owners: readonly string[]) =>
  owners.filter((owner) => nonces.mustUse(owner, now))

test('beyond its room the rule is one for everybody, until the last of them is over', () => {
  const nonces = new GivenNonces(2)
  nonces.give('a', 100, 0)
  nonces.give('b', 300, 0)
  expect(asked(nonces, 50, 'a', 'b', 'stranger')).toEqual(['a', 'b'])
  nonces.give('c', 200, 50)
  expect(asked(nonces, 299, 'a', 'b', 'c', 'stranger')).toEqual(['a', 'b', 'c', 'stranger'])
  expect(asked(nonces, 300, 'a', 'b', 'c', 'stranger')).toEqual([])
  nonces.give('d', 400, 300)
  expect(asked(nonces, 399, 'd', 'stranger')).toEqual(['d'])
})

test('what is over makes room', () => {
  const nonces = new GivenNonces(2)
  for (let round = 0; round < 10; round += 1) {
    nonces.give(`a${round}`, round * 100 + 90, round * 100)
    nonces.give(`b${round}`, round * 100 + 90, round * 100)
  }
  expect(asked(nonces, 980, 'a9', 'b9', 'a8', 'stranger')).toEqual(['a9', 'b9'])
})
