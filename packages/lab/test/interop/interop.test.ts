/** The commands of docs/interop are run as they are printed; a tool that is not installed is left out. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { approve, approveDevice, openConnection } from '@holdfast/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeJwt } from '../../src/tell/jwt.ts'
import { type Browse, oauth2c, readFlags } from './oauth2c.ts'
import { findProgram, makePlace, type Place, ROOT, type RunningLab, up } from '../program.ts'

const execute = promisify(execFile)
const CLI = `${process.execPath} ${join(ROOT, 'packages/lab/src/cli.ts')}`

const page = await readFile(join(ROOT, 'docs/interop/oauth2c.md'), 'utf8')
const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, text = '']) => text)
const commands = blocks.flatMap((block) =>
  [...block.matchAll(/^(scripts\/lab|oauth2c) (?:.*\\\n)*.*$/gm)].map(([text]) => text),
)
const registrations = commands.filter((command) => command.startsWith('scripts/lab client add'))
const unattended = commands.filter((one) => /^oauth2c .*--grant-type client_credentials/.test(one))

let place: Place
let lab: RunningLab
beforeAll(async () => {
  place = await makePlace()
  lab = await up(place)
})
afterAll(async () => {
  await lab.stop()
  await place.remove()
})

/** The same line for a lab that has ports and folders of its own. */
const here = (command: string): string =>
  command
    .replaceAll('scripts/lab', `${CLI} --certs ${place.certs} --state ${place.state}`)
    .replaceAll('https://localhost:9443', lab.run.addresses['issuer'] ?? '')
    .replaceAll('https://localhost:9444', lab.run.addresses['mtlsAlias'] ?? '')
    .replaceAll('.lab/', `${place.state}/`)

const sh = (command: string) => execute('sh', ['-c', here(command)], { env: place.env })

const isInstalled = findProgram('oauth2c') !== undefined

test('the page has commands for each grant that FAPI 2.0 allows', () => {
  const grants = commands.flatMap((command) => /--grant-type (\S+)/.exec(command)?.[1] ?? [])
  expect([...new Set(grants)]).toEqual([
    'client_credentials',
    'authorization_code',
    'refresh_token',
    'urn:ietf:params:oauth:grant-type:device_code',
    'urn:ietf:params:oauth:grant-type:token-exchange',
  ])
})

test('its clients are registered as it says, with all the files that it names', async () => {
  expect(registrations).toHaveLength(4)
  for (const command of registrations) expect((await sh(command)).stdout).toContain('is registered')
  const files = commands.flatMap((command) => command.match(/\.lab\/\S+/g) ?? [])
  expect(files.length).toBeGreaterThan(5)
  for (const file of new Set(files))
    expect(await readFile(file.replace('.lab', place.state), 'utf8')).not.toBe('')
})

/** The words of a command line, as the shell makes them. */
async function wordsOf(command: string, variables: NodeJS.ProcessEnv): Promise<string[]> {
  const line = `printf '%s\\n' ${here(command)}`
  const { stdout } = await execute('sh', ['-c', line], { env: { ...place.env, ...variables } })
  return stdout.trimEnd().split('\n')
}

const browse = async (): Promise<Browse & { close: () => Promise<void> }> => {
  const trust = await readFile(join(place.certs, 'root.certificate.pem'), 'utf8')
  const { fetch, close } = openConnection({ trust })
  const user = { login: 'alice', password: 'doe' }
  return {
    authorize: (url, redirectUri) => approve(url, { fetch, user, redirectUri }),
    device: (url) => approveDevice(url, { fetch, user }),
    close,
  }
}

test(
  'every command gets its token, by what oauth2c sends for it',
  { timeout: 60_000 },
  async () => {
    const browser = await browse()
    // What the page says to take from before: of the same client.
    const before = new Map<string, NodeJS.ProcessEnv>()
    for (const command of commands.filter((one) => one.startsWith('oauth2c'))) {
      const client = /--client-id (\S+)/.exec(command)?.[1] ?? ''
      const flags = readFlags(await wordsOf(command, before.get(client) ?? {}))
      const answer = await oauth2c(flags, browser)
      const { access_token, refresh_token } = answer
      const claims = decodeJwt(String(access_token))?.claims ?? {}
      const cnf = 'dpop' in flags ? 'jkt' : 'x5t#S256'
      expect({ command, answer: claims['cnf'] ?? answer }).toEqual({
        command,
        answer: { [cnf]: expect.any(String) },
      })
      expect(claims).toMatchObject({
        client_id: client,
        ...('acr-values' in flags && { acr: flags['acr-values'] }),
        ...('rar' in flags && { authorization_details: JSON.parse(flags['rar'] ?? '') }),
      })
      before.set(client, {
        ...before.get(client),
        ACCESS_TOKEN: String(access_token),
        ...(typeof refresh_token === 'string' && { REFRESH_TOKEN: refresh_token }),
      })
    }
    await browser.close()
  },
)

const REFUSED: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  [
    'RFC8628-3.1: a device code to a client that does not authenticate',
    { 'grant-type': 'urn:ietf:params:oauth:grant-type:device_code' },
    '401 invalid_client: ',
  ],
  [
    'the password grant',
    { 'grant-type': 'password', username: 'alice', password: 'doe' },
    '400 unsupported_grant_type: FAPI2SP-5.3.2.1-2: the password grant is not supported: it hands',
  ],
  [
    'a grant that the lab does not have',
    { 'grant-type': 'urn:ietf:params:oauth:grant-type:jwt-bearer' },
    '400 unsupported_grant_type: ',
  ],
]

test.for(REFUSED)('refused, as the page says: %s', async ([, edit, error]) => {
  const command = commands.find((one) => one.includes('--client-id oauth2c-jwt')) ?? ''
  const flags = { ...readFlags(await wordsOf(command, {})), ...edit }
  const browser = await browse()
  await expect(oauth2c(flags, browser)).rejects.toThrow(error)
  await browser.close()
})

test.runIf(!isInstalled)('left out: oauth2c is not installed', () => {
  process.stderr.write('packages/lab: left out: oauth2c is not installed\n')
  expect(isInstalled).toBe(false)
})

describe.runIf(isInstalled)('oauth2c', () => {
  test.for(unattended)('%s', async (command) => {
    const { access_token } = JSON.parse((await sh(command)).stdout)
    const cnf = command.includes('--dpop') ? 'jkt' : 'x5t#S256'
    expect(decodeJwt(access_token)?.claims['cnf']).toHaveProperty([cnf])
  })
})
