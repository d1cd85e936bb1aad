import { expect, test } from 'vitest'
import { issueNonce, readNonce } from '../../src/index.ts'

const keeper = { secret: Buffer.alloc(32, 7), label: 'https://rs', lifetime: 300_000 }
const NOW = 1_700_000_000_000
const nonce = issueNonce(keeper, 'generation-1', NOW)
const read = (value: unknown, changed = {}, generation = 'generation-1', now = NOW) =>
  readNonce({ ...keeper, ...changed }, generation, now, value).state

test('a nonce is good until its last millisecond', () => {
  expect(read(nonce, {}, 'generation-1', NOW + 299_999)).toBe('fresh')
  expect(read(nonce, {}, 'generation-1', NOW + 300_000)).toBe('expired')
})

test('it is nobody else’s: another label, secret or generation', () => {
  expect(read(nonce, { label: 'https://as' })).toBe('foreign')
  expect(read(nonce, { secret: Buffer.alloc(32, 8) })).toBe('foreign')
  expect(read(nonce, {}, 'generation-2')).toBe('foreign')
})

test('around a change of the secret, nonces of the other secrets are good as well', () => {
  const [other, third] = [Buffer.alloc(32, 8), Buffer.alloc(32, 9)]
  expect(read(nonce, { secret: other, alsoAccepted: [third, keeper.secret] })).toBe('fresh')
  expect(read(nonce, { secret: other, alsoAccepted: [third] })).toBe('foreign')
  const made = issueNonce({ ...keeper, alsoAccepted: [other] }, 'generation-1', NOW)
  expect(made).toBe(nonce)
})

test('one cannot be made from another by changing the time', () => {
  const [, mac] = nonce.split('.')
  expect(read(`${(NOW + 1).toString(36)}.${mac}`)).toBe('foreign')
})

test.for([
  ['absent', undefined],
  ['foreign', ''],
  ['foreign', 7],
  ['foreign', {}],
  ['foreign', 'a.b'],
] as const)('%s: %j', ([state, value]) => {
  expect(read(value)).toBe(state)
})
