import { expect, test } from 'vitest'
import { BenchError } from '../../src/error.ts'
import { parseAb } from '../../src/load/ab.ts'

/** As ab 2.3 prints it. */
const OUTPUT = `Server Hostname:        127.0.0.1
Server Port:            34567
SSL/TLS Protocol:       TLSv1.3,TLS_AES_256_GCM_SHA384,256,256

Document Path:          /accounts
Document Length:        90 bytes

Concurrency Level:      50
Time taken for tests:   1.204 seconds
Complete requests:      10000
Failed requests:        0
Keep-Alive requests:    10000
Total transferred:      2590000 bytes
HTML transferred:       900000 bytes
Requests per second:    8305.24 [#/sec] (mean)
Time per request:       6.020 [ms] (mean)
Time per request:       0.120 [ms] (mean, across all concurrent requests)
Transfer rate:          2100.64 [Kbytes/sec] received

Percentage of the requests served within a certain time (ms)
  50%      5
  66%      5
  75%      6
  99%     14
 100%    104 (longest request)
`

test('what ab prints is read', () => {
  expect(parseAb(OUTPUT)).toEqual({ perSecond: 8305.24, p50: 5, p99: 14 })
})

test('any answer but 2xx is no result', () => {
  const refused = OUTPUT.replace(/^(Failed .*)$/m, '$1\nNon-2xx responses:      12')
  expect(() => parseAb(refused)).toThrow(new BenchError('12 of 10000 answers are not 2xx'))
})

test('failed requests are no result', () => {
  const failed = OUTPUT.replace('Failed requests:        0', 'Failed requests:        3')
  expect(() => parseAb(failed)).toThrow(new BenchError('3 of 10000 requests failed'))
})

test('connections that were not kept would measure handshakes', () => {
  const closed = OUTPUT.replace('Keep-Alive requests:    10000', 'Keep-Alive requests:    0')
  expect(() => parseAb(closed)).toThrow(new BenchError('only 0 of 10000 connections were kept'))
})

test('something else than ab’s report is no result', () => {
  expect(() => parseAb('SSL handshake failed (5).')).toThrow(BenchError)
})
