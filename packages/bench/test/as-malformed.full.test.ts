import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { completed, EDITS, encoded } from '../src/soaks/authorization-server/malformed/edits.ts'
import { AsClient } from '../src/soaks/authorization-server/malformed/as-client.ts'
import { generated } from '../src/soaks/authorization-server/malformed/generated.ts'
import { faultOf } from '../src/soaks/authorization-server/malformed/fault.ts'
import { HONEST } from '../src/soaks/authorization-server/malformed/honest.ts'
import { bytesOf } from '../src/soaks/authorization-server/malformed/lane.ts'
import { Random } from '../src/soaks/malformed/random.ts'

const SOAK = fileURLToPath(new URL('../src/soak.ts', import.meta.url))

test('as-malformed is kept', { timeout: 120_000 }, async () => {
  const { promise, resolve } = Promise.withResolvers<{ code: number; told: string }>()
  execFile(process.execPath, [SOAK, 'as-malformed', '--rounds', '600'], (error, stdout, stderr) =>
    resolve({ code: error ? Number(error.code) : 0, told: stdout + stderr }),
  )
  const { code, told } = await promise
  expect(told).toContain('as-malformed: kept')
  expect(told).toMatch(/^\| 400 +\| +\d+ \| +\d+ \| +\d+ \|$/m)
  expect(code).toBe(0)
})

test('what no answer may be is told', () => {
  const head = 'HTTP/1.1 400 Bad Request\r\nX-Content-Type-Options: nosniff'
  const of = (body: string, status = 400) => faultOf({ status, head, body })
  expect(of('{"error":"invalid_request"}')).toBeUndefined()
  expect(of('', 503)).toBe('503 ')
  expect(of('Error: no\n    at readBody (body.js:1)')).toMatch(/^the inside shows/)
  expect(of('in file:///srv/app')).toMatch(/^the inside shows/)
  expect(of('SQLITE_BUSY')).toMatch(/^the inside shows/)
  expect(faultOf({ status: 400, head: 'HTTP/1.1 400', body: '{}' })).toMatch(/^no headers/)
})

test('every edit makes something else of every request, or of one that has what it edits', () => {
  const client = new AsClient('https://as.example')
  const held = {
    client,
    issuer: 'https://as.example',
    token: 't0ken',
    requestUri: 'urn:x',
    interaction: '/interaction/uid',
    cookies: 'a=b',
  }
  const random = new Random(1)
  for (const [name, edit] of Object.entries(EDITS)) {
    const differing = Object.values(HONEST).filter((way) => {
      const parts = way(held)
      const edited = [1, 2, 3, 4, 5].map(() =>
        bytesOf(edit(parts, random, client)).toString('latin1'),
      )
      return new Set([...edited, bytesOf(completed(parts, client)).toString('latin1')]).size > 1
    })
    expect([name, differing.length]).toEqual([name, expect.toSatisfy((count: number) => count > 0)])
  }
})

test('what is generated comes again with its seed', () => {
  const bytes = (seed: number) => generated(seed, 20).map((one) => bytesOf(one).toString('latin1'))
  expect(bytes(7)).toEqual(bytes(7))
  expect(bytes(7)).not.toEqual(bytes(8))
  expect(encoded([['a b', '\uD800&']])).toBe('a%20b=%EF%BF%BD%26')
})
