/** A hostile authorization server whose answers have no end. */
import { beforeEach, expect, it } from 'vitest'

import type { ConnectOptions, Tokens } from '../src/index.ts'
import { REQUEST, setUp } from './fixtures/mini-client.ts'

const { server, make, client } = await setUp()

let sent = 0
beforeEach(() => {
  sent = 0
})
const chunk = Buffer.from('{"a":"'.padEnd(65_536))

/** @param most bytes after which the answer ends */
const from = (path: string, most = Infinity): ConnectOptions => ({
  fetch: (base) => async (url, request) => {
    if (new URL(url).pathname !== path) return base(url, request)
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(chunk)
        sent += chunk.length
        if (sent >= most) controller.close()
      },
    })
    return new Response(body, { headers: { 'content-type': 'application/json' } })
  },
})

const refused = { code: 'HOLDFAST_ANSWER', message: 'an answer has more than 1048576 bytes' }
const material = () => make('private_key_jwt', 'dpop')

it.each(['/.well-known/openid-configuration', '/token', '/par'])(
  'an answer of %s without an end is refused, and read no further',
  async (path) => {
    const asked = async () => {
      const connected = await client(material(), from(path))
      await connected.authorize(REQUEST)
      await connected.clientCredentials(REQUEST)
    }
    await expect(asked()).rejects.toMatchObject(refused)
    expect(sent).toBeLessThan(2 * 1024 * 1024)
  },
)

it('so are the keys for a logout token', async () => {
  const connected = await client(material(), from('/jwks'))
  const token = await server.sign({ iss: server.issuer }, 'ES256', { typ: 'logout+jwt' })
  await expect(connected.checkLogoutToken(token)).rejects.toMatchObject(refused)
})

it('what a resource answers may be long', async () => {
  const long = 8 * 1024 * 1024
  const connected = await client(material(), from('/accounts', long))
  const tokens: Tokens = { access_token: 'a', token_type: 'dpop' }
  const response = await connected.call(tokens, 'GET', `${server.issuer}/accounts`)
  expect((await response.arrayBuffer()).byteLength).toBe(long)
})
