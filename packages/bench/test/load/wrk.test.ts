import { expect, test } from 'vitest'
import { BenchError } from '../../src/error.ts'
import { parseWrk } from '../../src/load/wrk.ts'

const output = (changed: Readonly<Record<string, string>> = {}): string => {
  const fields = { total: '6000', answered: '6000', microseconds: '2000000', p50: '8100' }
  const all = { ...fields, p99: '21500', errors: '0', statuses: '', ...changed }
  const line = Object.entries(all).map(([name, value]) => `${name}=${value}`)
  return `Running 2m test @ http://127.0.0.1:1/accounts
  6000 requests in 2.04s, 1.20MB read
holdfast ${line.join(' ')}
`
}

test('the rate is of the time between the first request and the last answer, not of wrk’s', () => {
  expect(parseWrk(output())).toEqual({ perSecond: 3000, p50: 8.1, p99: 21.5 })
})

test('any answer but 200 is no result', () => {
  expect(() => parseWrk(output({ statuses: '401 204 ' }))).toThrow(
    new BenchError('answers other than 200: 401 204'),
  )
})

test('a request without an answer is no result', () => {
  expect(() => parseWrk(output({ answered: '5999', errors: '1' }))).toThrow(
    new BenchError('5999 answers to 6000 requests, 1 errors of connections'),
  )
})

test('something else than our script’s line is no result', () => {
  expect(() => parseWrk('unable to connect')).toThrow(BenchError)
})
