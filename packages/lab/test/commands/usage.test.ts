/** What somebody reads who types it wrong: one sentence, exit code 2, and no lab is started. */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readConfiguration } from '../../src/configuration.ts'
import { isClear, makePlace, type Place, run, STACK_TRACE } from '../program.ts'

let place: Place

beforeAll(async () => {
  place = await makePlace()
})
afterAll(() => place.remove())

const as = ['--as', 'self-signed-dpop']

const wrong: readonly (readonly [string, readonly string[], string])[] = [
  ['a command that does not exist', ['bogus'], '"bogus"'],
  ['an argument too many', ['tour', 'more'], 'more'],
  ['an attack that there is not', ['attack', 'nonsense'], 'nonsense'],
  ['an option that does not exist', ['--bogus'], "'--bogus'"],
  ['an option without its value', ['--state'], '--state'],
  ['no flow', ['flow'], "'name'"],
  ['a flow that does not exist', ['flow', 'implicit'], 'authorization-code'],
  ['another authentication', ['flow', 'refresh', '--auth', 'none'], 'private_key_jwt'],
  ['a call as nobody', ['call', 'GET', '/'], '--as'],
  ['a call as a stranger', ['call', 'GET', '/', '--as', 'nobody'], '"nobody"'],
  ['a call without TLS', ['call', 'GET', 'http://localhost/', ...as], 'https'],
  ['a call to nowhere', ['call', 'GET', 'accounts', ...as], '"accounts"'],
  ['a method that is none', ['call', 'G ET', '/', ...as], '"G ET"'],
  ['a method that cannot be sent', ['call', 'TRACE', '/', ...as], '"TRACE"'],
  ['a GET with a body', ['call', 'GET', '/', ...as, '-d', 'x'], '--data'],
  ['a header that is none', ['call', 'GET', '/', ...as, '-H', 'nonsense'], '"nonsense"'],
  ['a header that cannot be sent', ['call', 'GET', '/', ...as, '-H', 'X: →'], '"X: →"'],
  ['a token of one’s own', ['call', 'GET', '/', ...as, '-H', 'Authorization: x'], 'Authorization'],
  ['a proof of one’s own', ['call', 'GET', '/', ...as, '-H', 'dpop: x'], 'dpop'],
  ['nonsense to inspect', ['inspect', 'nonsense'], 'JWT'],
  ['an option to inspect', ['inspect', '--bogus'], 'JWT'],
]

test.concurrent.for(wrong)('%s', async ([, args, named]) => {
  const outcome = await run(place, args)
  expect(outcome).toMatchObject({ code: 2, out: '' })
  expect(outcome.err).toContain(named)
  expect(isClear(outcome)).toBe(true)
})

const values: readonly (readonly [string, string])[] = [
  ['HOLDFAST_CONSOLE_PORT', 'many'],
  ['HOLDFAST_CONSOLE_PORT', '-1'],
  ['HOLDFAST_RESOURCE_SERVER_PORT', '70000'],
  ['HOLDFAST_MTLS_ALIAS_PORT', '1.5'],
  ['HOLDFAST_LISTEN', 'everywhere'],
  ['HOLDFAST_HOST', 'https://localhost'],
  ['HOLDFAST_NODES', '127.0.0.2 localhost'],
  ['HOLDFAST_BROWSER_ORIGINS', '*'],
  ['HOLDFAST_BROWSER_ORIGINS', 'http://app.example'],
  ['HOLDFAST_BROWSER_ORIGINS', 'https://app.example https://app.example/path'],
]

test.for(values)('%s=%s in the environment', ([name, value]) => {
  vi.stubEnv(name, value)
  expect(() => readConfiguration()).toThrow(`${name}=${JSON.stringify(value)} is refused`)
  vi.unstubAllEnvs()
})

test.concurrent('a wrong environment, on the command line', async () => {
  const outcome = await run(place, ['tour'], { env: { HOLDFAST_CONSOLE_PORT: 'many' } })
  expect(outcome).toMatchObject({ code: 2, out: '' })
  expect(isClear(outcome)).toBe(true)
})

test.concurrent.for<[readonly string[], string]>([
  [['nonsense', '--nonsense'], 'scripts/lab'],
  [['flow'], 'scripts/lab flow'],
  [['client', 'add', 'shop'], 'scripts/lab client add'],
  [['ca', 'nonsense'], 'scripts/lab ca'],
])('%j is shown to the help of its own command', async ([args, path]) => {
  const { code, err } = await run(place, args)
  expect(code).toBe(2)
  expect(err).toContain(`(${path} --help lists what there is)`)
})

test.concurrent.for<[readonly string[], string]>([
  [
    ['call', 'GET', '/accounts', '--as', 'nobody'],
    'there is no client "nobody"; scripts/lab client list',
  ],
  [['proof', 'GET', 'https://api.example/', '--as', 'nobody'], 'there is no client "nobody"'],
  [['assertion', '--as', '../nobody'], 'there is no client "../nobody"'],
  [['call', 'GET', '/accounts', '--as', 'resource-server'], 'resource-server is the API itself'],
])('%j: whose name it is', async ([args, sentence]) => {
  const outcome = await run(place, args)
  expect(outcome).toMatchObject({ code: 2, out: '' })
  expect(outcome.err).toContain(`holdfast: ${sentence}`)
})

test('none of these has written anything', async () => {
  expect(await readdir(place.temporary)).toEqual([])
  expect([existsSync(place.certs), existsSync(place.state)]).toEqual([false, false])
})

describe('help', () => {
  const options: Readonly<Record<string, readonly string[]>> = {
    up: ['--no-tour'],
    tour: ['--json'],
    attack: ['--json', 'name'],
    flow: ['--auth', '--bind', '--token', '--mermaid', '--json', 'refresh', 'tls_client_auth'],
    call: ['--as', '--scope', '--resource', '--token', '--header', '--data', '--curl', '--json'],
    inspect: ['--json', 'standard input'],
    doctor: ['--json'],
    conformance: ['plans', 'config', 'run'],
    client: ['add', 'list', 'show', 'remove'],
    proof: ['--as', '--token', '--nonce'],
    assertion: ['--as'],
    keys: ['list', 'rotate'],
  }
  const everywhere = ['--certs', '--state', '--host', '--listen', '--help']

  test.concurrent.for(Object.keys(options))('%s --help has its options', async (command) => {
    const { code, out, err } = await run(place, [command, '--help'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    for (const word of [...(options[command] ?? []), ...everywhere]) expect(out).toContain(word)
  })

  test.concurrent('--help has the commands, the exit codes and the environment', async () => {
    const { code, out, err } = await run(place, ['--help'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    for (const word of [
      ...Object.keys(options),
      ...everywhere,
      'HOLDFAST_MTLS_ALIAS_PORT=9444',
      'HOLDFAST_STORE',
    ])
      expect(out).toContain(word)
    expect(out).toContain('Exit codes: 0 all is well, 1 a check failed, 2 wrong usage')
    expect(out).not.toMatch(STACK_TRACE)
  })
})
