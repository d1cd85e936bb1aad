import { expect, test } from 'vitest'
import { formatTraceparent, newTrace, nextSpan, parseTraceparent } from '../src/index.ts'

test('a trace context survives the wire', () => {
  const context = newTrace()
  expect(parseTraceparent(formatTraceparent(context))).toEqual(context)
})

test('the next span stays in its trace', () => {
  const context = newTrace()
  const next = nextSpan(context)
  expect(next.trace).toBe(context.trace)
  expect(next.span).not.toBe(context.span)
})

test.for([
  undefined,
  '',
  'garbage',
  '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
  '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
  '01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
])('%s is not a traceparent', (value) => {
  expect(parseTraceparent(value)).toBeUndefined()
})
