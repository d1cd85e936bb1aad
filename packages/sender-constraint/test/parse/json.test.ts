import { expect, test } from 'vitest'
import { parseJsonObject } from '../../src/index.ts'

const parse = (text: string) => parseJsonObject(Buffer.from(text))

test.for([
  ['{}', {}],
  ['{"a":{"b":1},"c":[{"b":2},{"b":3}]}', { a: { b: 1 }, c: [{ b: 2 }, { b: 3 }] }],
  ['{"a":"\\"b\\":","c" : 1}', { a: '"b":', c: 1 }],
] as const)('%s', ([text, value]) => {
  expect(parse(text)).toEqual(value)
})

test.for([
  '',
  'null',
  '[]',
  '"text"',
  '{',
  '{"a":1,"a":1}',
  '{"a":1,"\\u0061":2}',
  '{"a":{"b":1,"b":2}}',
  '{"a":[{"b":1,"b":2}]}',
  '{"__proto__":1,"__proto__":2}',
])('%s is refused', (text) => {
  expect(parse(text)).toBeUndefined()
})

test('a byte order mark before the object is refused', () => {
  expect(parse('\uFEFF{}')).toBeUndefined()
})

test('bytes that are no UTF-8 are refused', () => {
  expect(parseJsonObject(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toBeUndefined()
})

test('deep nesting is read or refused, never a crash', () => {
  const depth = 100_000
  expect(() => parse(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`)).not.toThrow()
})

test('both sides of the depth limit: 32 levels, the object itself among them', () => {
  const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
  expect(parse(nested(32))).toBeDefined()
  expect(parse(nested(33))).toBeUndefined()
})
