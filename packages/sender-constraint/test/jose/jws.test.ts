import { expect, test } from 'vitest'
import { parseJws } from '../../src/index.ts'

const encode = (text: string): string => Buffer.from(text).toString('base64url')
const GOOD = `${encode('{"alg":"ES256"}')}.${encode('{"a":1}')}.${encode('signature')}`

test('a compact JWS is read', () => {
  expect(parseJws(GOOD, 100)).toMatchObject({ header: { alg: 'ES256' }, claims: { a: 1 } })
})

test('an empty signature is read: the row on alg refuses it', () => {
  expect(parseJws(GOOD.slice(0, GOOD.lastIndexOf('.') + 1), 100)).toMatchObject({
    claims: { a: 1 },
  })
})

test('both sides of the length limit', () => {
  expect(parseJws(GOOD, GOOD.length)).toBeTypeOf('object')
  expect(parseJws(GOOD, GOOD.length - 1)).toMatch(/longer/)
})

test.for([
  ['two segments', 'YQ.YQ', /2 segments/],
  ['five segments', `${GOOD}.YQ.YQ`, /5 segments/],
  ['JSON serialization', '{"payload":"YQ","signatures":[]}', /segments/],
  ['padding', GOOD.replace('.', '=.'), /base64url/],
  ['the other alphabet', GOOD.replace('.', '/.'), /base64url/],
  ['bytes behind the end', `${GOOD} `, /base64url/],
  ['stray bits', `${encode('{"alg":1}')}.${encode('{"a":1}').slice(0, -1)}R.YQ`, /base64url/],
  ['an empty header', `.${encode('{}')}.YQ`, /segments/],
  ['a header that is no object', `${encode('[]')}.${encode('{}')}.YQ`, /header/],
  ['claims that are no object', `${encode('{}')}.${encode('"a"')}.YQ`, /payload/],
  ['a member twice', `${encode('{"alg":1,"alg":2}')}.${encode('{}')}.YQ`, /distinct/],
] as const)('%s', ([, text, reason]) => {
  expect(parseJws(text, 1000)).toMatch(reason)
})
