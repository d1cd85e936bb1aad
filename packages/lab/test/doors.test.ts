/** What is served without TLS, to whoever reaches this machine: any page of any browser on it, for one. */
import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Addresses } from '../src/addresses.ts'
import { startPrivate } from '../src/attach.ts'
import { readConfiguration } from '../src/configuration.ts'
import { openDoor } from '../src/servers/door.ts'

// lab.example is a name of this machine, as far as the lab can tell.
vi.mock('node:dns/promises', () => ({ lookup: async () => ({ address: '127.0.0.1', family: 4 }) }))

let lab: Awaited<ReturnType<typeof startPrivate>>
beforeAll(async () => {
  lab = await startPrivate(readConfiguration({ ephemeral: true }))
})
afterAll(() => lab.close())

const DOORS = [
  'console',
  'certificateStatus',
  'authorizationServerManagement',
  'resourceServerManagement',
] as const satisfies readonly (keyof Addresses)[]

/** As it is written, whatever `fetch` would make of it. */
const get = (door: keyof Addresses, path: string, host?: string) =>
  getAt(new URL(lab.addresses[door]).port, path, host)

async function getAt(port: number | string, path: string, host?: string) {
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

  test.each(['localhost', '127.0.0.1', '[::1]', '192.0.2.1', 'LOCALHOST'])(
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

test('a door is open under the host of our URLs, and shut under one that looks like it', async () => {
  const configuration = { ...readConfiguration({ ephemeral: true }), host: 'lab.example' }
  const { port, serve, close } = await openDoor(configuration, 'console')
  serve((_, response) => response.end('welcome'))
  try {
    expect(await getAt(port, '/', 'lab.example')).toEqual([200, 'welcome'])
    for (const host of ['lab.example.evil.example', 'evil-lab.example', 'x.lab.example'])
      expect(await getAt(port, '/', host)).toEqual([421, ''])
  } finally {
    await close()
  }
})
