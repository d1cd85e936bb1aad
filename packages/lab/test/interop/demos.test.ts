/** The demos of the client, run as their first lines say, against a lab. */
import { randomInt } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ReplayMemoryInProcess } from '@holdfast/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPrivate } from '../../src/attach.ts'
import { redirectUriOf } from '../../src/addresses.ts'
import type { Binding } from '../../src/clients/clients.ts'
import { readConfiguration } from '../../src/configuration.ts'
import { metadataFor } from '../../src/clients/own-clients.ts'
import { addClient } from '../../src/clients/registration.ts'
import { softwareStatement } from '../../src/clients/software-statements.ts'
import { ROOT, startProgram } from '../program.ts'

let lab: Awaited<ReturnType<typeof startPrivate>>

beforeAll(async () => {
  lab = await startPrivate(readConfiguration({ ephemeral: true }))
  for (const binding of ['dpop', 'mtls'] satisfies Binding[])
    await addClient(lab, {
      id: `told-${binding}`,
      authentication: 'private_key_jwt',
      binding,
      postLogoutRedirectUris: [redirectUriOf(lab.addresses)],
      // It is the demo that listens; below what systems give out by themselves.
      backchannelLogoutUri: `https://localhost:${randomInt(20_000, 30_000)}/logout`,
    })
})
afterAll(() => lab.close())

const folder = join(ROOT, 'packages/client/src/demos')
const demos = (await readdir(folder)).filter((name) => name.endsWith('.ts'))

const play = async (demo: string, client: string) =>
  startProgram(
    [join(folder, demo), join(lab.folders.state, 'clients', client), lab.addresses.resource],
    {
      env: process.env,
      ...(demo === 'registration.ts' && {
        input: await softwareStatement(lab.folders.state, await metadataFor(lab, client)),
      }),
    },
  ).outcome

test('there is one for each grant, and for each of its ends', () => {
  expect(demos.toSorted()).toEqual([
    'authorization-code.ts',
    'ciba.ts',
    'client-credentials.ts',
    'device.ts',
    'logout.ts',
    'message-signing.ts',
    'refresh.ts',
    'registration.ts',
    'revocation.ts',
    'rich-authorization.ts',
    'step-up.ts',
    'token-exchange.ts',
    'withdrawal.ts',
  ])
})

/** Who plays what needs a client of its own. */
const PLAYERS: { readonly [demo: string]: readonly string[] } = {
  'ciba.ts': ['ciba'],
  'logout.ts': ['told-dpop', 'told-mtls'],
  'message-signing.ts': ['message-signing'],
  // Nobody else has a grant of theirs: it would end.
  'withdrawal.ts': ['tls-client-auth-dpop', 'tls-client-auth-mtls'],
}

/** What else is said by those that end something. */
const SAYS: { readonly [demo: string]: readonly string[] } = {
  'logout.ts': ['told at https://localhost:', '/accounts: 401\n'],
  'registration.ts': [
    'weaker: 400 invalid_client_metadata',
    'FAPI2SP-5.3.2.1-5',
    'read it again is "invalid_token"',
  ],
  'revocation.ts': ['/accounts: 401\n', 'to refresh is "invalid_grant"'],
  'withdrawal.ts': ['/accounts: 401\n', 'to refresh is "invalid_grant"'],
}

/** What a line about the API says, where it is not the accounts. */
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
  for (const words of SAYS[demo] ?? []) expect(out).toContain(words)
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
