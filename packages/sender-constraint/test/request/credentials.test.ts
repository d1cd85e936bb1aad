import { expect, test } from 'vitest'
import { KnownCredentials, parseCredentials } from '../../src/index.ts'

test('a field that was kept is read as the first time, with the query that it comes with', () => {
  const known = new KnownCredentials(10)
  const field = `DPoP ${'a.b.c'.repeat(20)}`
  const first = parseCredentials([field], '', known)
  if (first.form !== 'token') throw new Error('the field holds a token')
  known.keep(first)
  expect(parseCredentials([field], '', known)).toBe(first)
  expect(parseCredentials([field], 'access_token=x', known)).toEqual({ ...first, inQuery: true })
  expect(parseCredentials([field, field], '', known).form).toBe('malformed')
})
