import { expect, test } from 'vitest'
import { network } from '../../src/operations/address.ts'
import { ENTRIES, Failures } from '../../src/operations/failures.ts'

let now = 0
const failures = (most: number) => {
  now = 1_000_000
  return new Failures({ most, within: 60 }, () => now)
}

test('as many as are borne cost nothing, one more costs the rest of the time', () => {
  const counted = failures(2)
  counted.add('a')
  expect(counted.wait('a')).toBe(0)
  now += 10_000
  counted.add('a')
  expect(counted.wait('a')).toBe(50)
  expect(counted.wait('b')).toBe(0)
})

test('the time runs from the first failure, and ends', () => {
  const counted = failures(1)
  counted.add('a')
  now += 59_001
  expect(counted.wait('a')).toBe(1)
  counted.add('a')
  now += 999
  expect(counted.wait('a')).toBe(0)
  counted.add('a')
  expect(counted.wait('a')).toBe(60)
})

test('what is taken back or forgotten does not count', () => {
  const counted = failures(1)
  counted.add('a')
  counted.takeBack('a')
  expect(counted.wait('a')).toBe(0)
  counted.takeBack('a')
  counted.takeBack('nobody')
  counted.add('a')
  expect(counted.wait('a')).toBe(60)
  counted.forget('a')
  expect(counted.wait('a')).toBe(0)
})

test('what is remembered is bounded: the oldest goes', () => {
  const counted = failures(1)
  for (let who = 0; who <= ENTRIES; who += 1) counted.add(String(who))
  expect(counted.size).toBe(ENTRIES)
  expect(counted.wait('0')).toBe(0)
  expect(counted.wait('1')).toBe(60)
  expect(counted.wait(String(ENTRIES))).toBe(60)
})

test('what has ended makes room', () => {
  const counted = failures(1)
  for (let who = 0; who < 100; who += 1) counted.add(String(who))
  now += 60_000
  counted.add('a')
  expect(counted.size).toBe(1)
})

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::1', '0:0:0:0::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  [undefined, 'unknown'],
])('%s stands for %s', (address, expected) => {
  expect(network(address)).toBe(expected)
})
