/** What is served without TLS, to whoever reaches this machine: any page of any browser on it, for one. */
import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Addresses } from '../src/addresses.ts'
import { startPrivate } from '../src/attach.ts'
import { readConfiguration } from '../src/configuration.ts'

// lab.example is a name of this machine, as far as the lab can tell.
vi.mock('node:dns/promises', () => ({ lookup: async () => ({ address: '127.0.0.1', family: 4 }) }))

let lab: Awaited<ReturnType<typeof startPrivate>>
beforeAll(async () => {
  lab = await startPrivate({ ...readConfiguration({ ephemeral: true }), host: 'lab.example' })
})
afterAll(() => lab.close())

const DOORS = [
  'console',
  'certificateStatus',
  'authorizationServerManagement',
  'resourceServerManagement',
] as const satisfies readonly (keyof Addresses)[]

/** As it is written, whatever `fetch` would make of it. */
async function get(door: keyof Addresses, path: string, host?: string) {
  const { port } = new URL(lab.addresses[door])
  const named = host === undefined ? {} : { headers: { host: `${host}:${port}` } }
  const outgoing = request({ host: '127.0.0.1', port, path, ...named }).end()
  const [answer] = await once(outgoing, 'response')
  return [answer.statusCode, await text(answer)] as const
}

describe.each(DOORS)('%s', (door) => {
  test.each(['evil.example', 'localhost.evil.example', 'localhost@evil.example', '127.0.0.1.evil'])(
    'is shut to a page whose name was rebound to this machine: %s',
    async (host) => {
      for (const path of ['/', '/health/live', '/metrics', '/status.pem', '/browser'])
        expect(await get(door, path, host)).toEqual([421, ''])
    },
  )

  test.each(['localhost', '127.0.0.1', '[::1]', '192.0.2.1', 'lab.example', 'LOCALHOST'])(
    'is open under %s',
    async (host) => {
      const [status] = await get(door, '/nowhere', host)
      expect(status).toBe(404)
    },
  )

  test.each(['//', '/\\', '//[', '//user@[', '/%', '/%E0%A4%A', '/traces/%', '/ocsp/%zz', '/?%'])(
    'no path is too strange for it: %s',
    async (path) => {
      const [status] = await get(door, path)
      expect([200, 401, 404]).toContain(status)
    },
  )

  test.each(['http://[', 'http://evil.example/', '*'])(
    'a target that is no path is refused: %s',
    async (path) => {
      expect(await get(door, path)).toEqual([400, ''])
    },
  )
})
