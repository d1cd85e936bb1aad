/** The commands of docs/interop are run as they are printed; a tool that is not installed is left out. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { accessTokenHash, approve, makeProof, openConnection, readMaterial } from '@holdfast/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asProofKey } from '../src/signing-key.ts'
import { decodeJwt } from '../src/tell/jwt.ts'
import { findProgram, makePlace, type Place, ROOT, type RunningLab, up } from './program.ts'

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

const isInstalled = findProgram('oauth2c') !== undefined

test('the page has commands for each grant', () => {
  expect(registrations).toHaveLength(3)
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

/** What oauth2c 1 sends with --request-object and --par, and how it reads what comes back. */
test('a client that signs gets from a request object to a token as oauth2c asks', async () => {
  const folder = join(place.state, 'clients/oauth2c-signed')
  const material = await readMaterial(folder)
  const { keys } = JSON.parse(await readFile(join(folder, 'signing.jwks.json'), 'utf8'))
  const { issuer = '', mtlsAlias = '' } = lab.run.addresses
  const { clientId, redirectUri } = material
  const { fetch, close } = openConnection(material)
  const post = async (path: string, form: Record<string, string>) => {
    const body = new URLSearchParams({ client_id: clientId, ...form })
    return JSON.parse(await (await fetch(`${mtlsAlias}${path}`, { method: 'POST', body })).text())
  }
  const none = { jti: undefined, htm: undefined, htu: undefined, iat: undefined }
  const now = Math.floor(Date.now() / 1000)
  const verifier = 'v'.repeat(43)
  const request = await makeProof(asProofKey(keys[0]), {
    method: '',
    url: '',
    header: { typ: undefined, jwk: undefined, kid: keys[0].kid },
    claims: {
      ...none,
      iss: clientId,
      aud: issuer,
      nbf: now,
      exp: now + 600,
      client_id: clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      response_mode: 'jwt',
      scope: 'openid accounts',
      state: 's',
      nonce: 'n',
      code_challenge: accessTokenHash(verifier),
      code_challenge_method: 'S256',
    },
  })
  const { request_uri } = await post('/par', { request, scope: 'openid accounts' })
  const url = `${issuer}/authorize?${new URLSearchParams({ client_id: clientId, request_uri }).toString()}`
  const browser = openConnection({ trust: material.trust })
  const user = { login: 'alice', password: 'doe' }
  const back = await approve(url, { fetch: browser.fetch, user, redirectUri })
  const response = decodeJwt(back.searchParams.get('response') ?? '')
  const jwks = JSON.parse(await (await browser.fetch(`${issuer}/jwks`)).text())
  const first = jwks.keys.find(({ use }: { use: string }) => use === 'sig')
  expect(response?.header['kid']).toBe(first.kid)
  const grant = { grant_type: 'authorization_code', code_verifier: verifier }
  const code = String(response?.claims['code'])
  const tokens = await post('/token', { ...grant, redirect_uri: redirectUri, code })
  expect(decodeJwt(tokens.access_token)?.claims['cnf']).toHaveProperty(['x5t#S256'])
  await Promise.all([close(), browser.close()])
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
