/** The commands of docs/interop are run as they are printed; a tool that is not installed is left out. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openConnection } from '@holdfast/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeJwt } from '../src/tell/jwt.ts'
import { makePlace, type Place, ROOT, type RunningLab, up } from './program.ts'

const execute = promisify(execFile)
const CLI = `${process.execPath} ${join(ROOT, 'packages/lab/src/cli.ts')}`

const page = await readFile(join(ROOT, 'docs/interop/oauth2c.md'), 'utf8')
const commands = [...page.matchAll(/^(scripts\/lab|oauth2c) (?:.*\\\n)*.*$/gm)].map(
  ([text]) => text,
)
const registrations = commands.filter((command) => command.startsWith('scripts/lab client add'))
const unattended = commands.filter((command) => command.includes('client_credentials'))

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
const sh = (command: string) => {
  const line = command
    .replaceAll('scripts/lab', `${CLI} --certs ${place.certs} --state ${place.state}`)
    .replaceAll('https://localhost:9443', lab.run.addresses['issuer'] ?? '')
    .replaceAll('.lab/', `${place.state}/`)
  return execute('sh', ['-c', line], { env: place.env })
}

const isInstalled = await execute('sh', ['-c', 'command -v oauth2c']).then(
  () => true,
  () => false,
)

test('the page has commands for each grant', () => {
  expect(registrations).toHaveLength(2)
  const grants = commands.flatMap((command) => /--grant-type (\S+)/.exec(command)?.[1] ?? [])
  expect([...new Set(grants)]).toEqual([
    'client_credentials',
    'authorization_code',
    'refresh_token',
  ])
})

test('its clients are registered as it says, with all the files that it names', async () => {
  for (const command of registrations) expect((await sh(command)).stdout).toContain('is registered')
  const files = commands.flatMap((command) => command.match(/\.lab\/\S+/g) ?? [])
  expect(files.length).toBeGreaterThan(5)
  for (const file of new Set(files))
    expect(await readFile(file.replace('.lab', place.state), 'utf8')).not.toBe('')
})

test('RFC8628-3.1: a device code is refused to a client that does not authenticate, as oauth2c asks', async () => {
  const trust = await readFile(join(place.certs, 'root.certificate.pem'), 'utf8')
  const { fetch, close } = openConnection({ trust })
  const body = new URLSearchParams({ client_id: 'oauth2c-jwt', scope: 'accounts' })
  const url = `${lab.run.addresses['issuer']}/device-authorization`
  const answer = await fetch(url, { method: 'POST', body })
  const { error }: { error: string } = JSON.parse(await answer.text())
  await close()
  expect([answer.status, error]).toEqual([401, 'invalid_client'])
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
