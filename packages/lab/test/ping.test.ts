/** CIBA ping at the lab: a client that listens over https, with a certificate of the lab's authority. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { text } from 'node:stream/consumers'
import { openAuthority } from '@holdfast/ca'
import { connect, type FapiClient } from '@holdfast/client'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startPrivate } from '../src/attach.ts'
import { readConfiguration } from '../src/configuration.ts'
import { makePlace } from './program.ts'

type Answer = (response: ServerResponse) => void

let lab: Awaited<ReturnType<typeof startPrivate>>
let client: FapiClient
let answer: Answer
const received: { url: string; authorization: string; body: string }[] = []
const warnings: string[] = []
const warned = (warning: Error) => {
  if (warning.name === 'Holdfast') warnings.push(warning.message)
}

const server = createServer((request: IncomingMessage, response) => {
  void text(request).then((body) => {
    received.push({
      url: String(request.url),
      authorization: String(request.headers.authorization),
      body,
    })
    answer(response)
  })
})

beforeAll(async () => {
  lab = await startPrivate(readConfiguration({ ephemeral: true }))
  await certifiedBy(lab.folders.certs)
  await once(server.listen(0, 'localhost'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : ''
  // The lab's own client, from now on notified.
  const { payload } = (await lab.records.find('Client', 'ciba'))!
  await lab.records.upsert({
    kind: 'Client',
    id: 'ciba',
    payload: {
      ...payload,
      backchannel_token_delivery_mode: 'ping',
      backchannel_client_notification_endpoint: `https://localhost:${port}/ping`,
    },
  })
  client = await connect(await lab.material('ciba'))
  process.on('warning', warned)
})
afterAll(async () => {
  process.off('warning', warned)
  server.closeAllConnections()
  server.close()
  await client.close()
  await lab.close()
})
beforeEach(() => {
  received.length = warnings.length = 0
  answer = (response) => response.writeHead(204).end()
})

async function certifiedBy(certs: string): Promise<void> {
  const authority = await openAuthority(certs)
  const { chain, key } = await authority.server('receiver')
  server.setSecureContext({ cert: chain, key })
}

const TOKEN = 'a-notification-token-of-the-client'

async function ask() {
  const asked = { scope: 'openid accounts', loginHint: 'bob', bindingMessage: 'Till 1' }
  const authentication = await client.authenticate({ ...asked, notificationToken: TOKEN })
  const query = new URLSearchParams({ auth_req_id: authentication.authReqId, action: 'allow' })
  const { authorizationServerManagement: base } = lab.addresses
  const decided = await fetch(`${base}/backchannel-authentication?${query.toString()}`)
  expect(decided.status).toBe(200)
  return authentication
}

const ping = (authReqId: string) => ({
  url: '/ping',
  authorization: `Bearer ${TOKEN}`,
  body: JSON.stringify({ auth_req_id: authReqId }),
})

test('CIBA-10.2: the client is notified once, with its token, and then redeems', async () => {
  const { authReqId, tokens } = await ask()
  expect(received).toEqual([ping(authReqId)])
  expect(await tokens()).toMatchObject({ id_token_claims: { sub: 'bob' } })
  expect(warnings).toEqual([])
})

test.each<[what: string, Answer]>([
  ['200 with a body', (response) => response.writeHead(200).end('thank you')],
  [
    'a body that never ends',
    (response) => {
      response.writeHead(200).write('thank')
    },
  ],
])('%s is an answer like any other', async (_what, given) => {
  let isClosed: Promise<unknown> = Promise.resolve()
  answer = (response) => {
    isClosed = once(response, 'close')
    given(response)
  }
  const { authReqId, tokens } = await ask()
  await isClosed
  expect(received).toEqual([ping(authReqId)])
  expect(warnings).toEqual([])
  await expect(tokens()).resolves.toHaveProperty('access_token')
})

test.each<[what: string, Answer, warning: RegExp]>([
  ['a redirect', (to) => to.writeHead(307, { location: '/elsewhere' }).end(), /307/],
  ['a refusal', (to) => to.writeHead(401).end(), /401/],
  ['an error', (to) => to.writeHead(500).end('stack trace'), /500/],
  ['a connection that breaks', (to) => void to.destroy(), /fetch failed/],
  ['no answer at all', () => undefined, /Timeout/],
])('%s is told of, followed by nothing, and the client may poll', async (_what, given, warning) => {
  answer = given
  const { authReqId, tokens } = await ask()
  expect(received).toEqual([ping(authReqId)])
  expect(warnings).toEqual([expect.stringMatching(warning)])
  expect(warnings[0]).toMatch(/^client ciba could not be notified: /)
  expect(warnings[0]).not.toContain(TOKEN)
  await expect(tokens()).resolves.toHaveProperty('access_token')
})

test('a receiver whose certificate is of nobody whom the lab knows is not told anything', async () => {
  const place = await makePlace()
  try {
    await certifiedBy(place.certs)
    const { tokens } = await ask()
    expect(received).toEqual([])
    expect(warnings).toEqual([expect.stringMatching(/could not be notified/)])
    await expect(tokens()).resolves.toHaveProperty('access_token')
  } finally {
    await certifiedBy(lab.folders.certs)
    await place.remove()
  }
})
