/** The demos of the client, run as their first lines say, against a lab. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ReplayMemoryInProcess } from '@holdfast/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPrivate } from '../src/attach.ts'
import { readConfiguration } from '../src/configuration.ts'
import { ROOT, startProgram } from './program.ts'

let lab: Awaited<ReturnType<typeof startPrivate>>

beforeAll(async () => {
  lab = await startPrivate(readConfiguration({ ephemeral: true }))
})
afterAll(() => lab.close())

const folder = join(ROOT, 'packages/client/src/demos')
const demos = (await readdir(folder)).filter((name) => name.endsWith('.ts'))

const play = (demo: string, client: string) =>
  startProgram(
    [join(folder, demo), join(lab.folders.state, 'clients', client), lab.addresses.resource],
    { env: process.env },
  ).outcome

test('there is one for each grant', () => {
  expect(demos.toSorted()).toEqual([
    'authorization-code.ts',
    'ciba.ts',
    'client-credentials.ts',
    'device.ts',
    'message-signing.ts',
    'refresh.ts',
    'rich-authorization.ts',
    'step-up.ts',
    'token-exchange.ts',
  ])
})

/** Who plays what needs a client of its own. */
const PLAYERS: { readonly [demo: string]: readonly string[] } = {
  'ciba.ts': ['ciba'],
  'message-signing.ts': ['message-signing'],
}

/** What the last line about the API says, where it is not the accounts. */
const LAST: { readonly [demo: string]: string } = {
  'rich-authorization.ts': '/payments: 201',
  'step-up.ts': '/step-up: 200',
}

const each = demos.flatMap((demo) =>
  (PLAYERS[demo] ?? ['private-key-jwt-dpop', 'self-signed-mtls']).map(
    (client) => [demo, client] as const,
  ),
)

test.concurrent.for(each)('%s by %s is served', async ([demo, client]) => {
  const { code, out, err } = await play(demo, client)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toContain(`${lab.addresses.resource}${LAST[demo] ?? '/accounts: 200'}\n`)
})

test.for(demos.filter((demo) => demo !== 'ciba.ts'))(
  '%s fails where the API does not serve',
  async (demo) => {
    // A memory without room: 503, and no demo is prepared for it.
    const memory = new ReplayMemoryInProcess(Date.now, { records: 0, perOwner: 0 })
    lab.experiment({ memory, nonce: 'required' })
    const { code, out } = await play(demo, PLAYERS[demo]?.[0] ?? 'private-key-jwt-dpop')
    expect(out).toMatch(/(accounts|payments|step-up): 503\n/)
    expect(code).toBe(1)
  },
)
