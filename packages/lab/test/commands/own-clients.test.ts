/** `scripts/lab client …`: one command registers a client, and what it prints works as it stands. */
import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { approve, openConnection } from '@holdfast/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeJwt } from '../../src/tell/jwt.ts'
import { quoted } from '../../src/tell/usage.ts'
import { isClear, makePlace, type Place, ROOT, run, type RunningLab, up } from '../program.ts'

const execute = promisify(execFile)

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

interface Added {
  readonly folder: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly usages: readonly { readonly tool: string; readonly text: string }[]
}

async function add(name: string, ...options: readonly string[]): Promise<Added> {
  const { code, out, err } = await run(place, ['client', 'add', name, ...options, '--json'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out)
}

const textFor = (tool: string, { usages }: Added): string =>
  usages.find((usage) => usage.tool === tool)?.text ?? ''

/** Runs the printed line; a lab that has just started asks once for a nonce. */
async function curl(line: string): Promise<{ access_token: string }> {
  const cli = `${process.execPath} ${join(ROOT, 'packages/lab/src/cli.ts')}`
  const send = async (command: string) => {
    const script = `${command.replaceAll('scripts/lab', cli)} --silent --show-error --include`
    const { stdout } = await execute('sh', ['-c', script], { env: place.env })
    const [head = '', body = ''] = stdout.split('\r\n\r\n')
    return { nonce: /^dpop-nonce: (.+)$/im.exec(head)?.[1], answer: JSON.parse(body) }
  }
  const first = await send(line)
  if (first.answer.error !== 'use_dpop_nonce') return first.answer
  const again = await send(line.replace(' proof POST', ` proof --nonce ${first.nonce} POST`))
  return again.answer
}

const randomKey = () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ format: 'jwk' })
}

const METHODS = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth']
const all = METHODS.flatMap((auth) => ['dpop', 'mtls'].map((bind) => ({ auth, bind })))

describe.for(all)('a client with $auth and $bind', ({ auth, bind }) => {
  const name = `mine-${auth}-${bind}`
  const confirmed = (token: string) => Object.keys(Object(decodeJwt(token)?.claims['cnf']))
  const method = [bind === 'dpop' ? 'jkt' : 'x5t#S256']
  let added: Added

  beforeAll(async () => {
    added = await add(name, '--auth', auth, '--bind', bind)
  })

  test('is registered; what is secret is readable by nobody else', async () => {
    expect(added.metadata).toMatchObject({ client_id: name, token_endpoint_auth_method: auth })
    for (const file of await readdir(added.folder)) {
      const secret = /key|signing/.test(file)
      expect([file, (await stat(join(added.folder, file))).mode & 0o077]).toEqual([
        file,
        secret ? 0 : 0o044,
      ])
    }
  })

  test('gets a token by the curl command', async () => {
    const answer = await curl(textFor('curl', added))
    expect(confirmed(answer.access_token)).toEqual(method)
  })

  test('gets a token by the lines for openid-client', async () => {
    const child = openidClient(added)
    child.stdin.end()
    expect(confirmed(accessToken(await text(child.stdout)))).toEqual(method)
  })
})

/** In the client's package, which has openid-client. */
function openidClient(added: Added): ChildProcessByStdio<Writable, Readable, null> {
  const lines = textFor('openid-client', added).replace(
    'console.log(tokens)',
    'console.log(JSON.stringify(tokens))',
  )
  return spawn(process.execPath, ['--input-type=module', '--eval', lines], {
    cwd: join(ROOT, 'packages/client'),
    env: place.env,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
}

const accessToken = (printed: string): string => {
  const answer: { access_token: string } = JSON.parse(printed)
  return answer.access_token
}

test.for(['dpop', 'mtls'])(
  'one with users only gets a token by the lines for openid-client, and has none for curl: %s',
  async (bind) => {
    const how = ['--auth', 'private_key_jwt', '--bind', bind, '--grants', 'authorization_code']
    const added = await add(`with-users-${bind}`, ...how)
    expect(added.usages.map(({ tool }) => tool)).toEqual(['oauth2c', 'openid-client'])
    const child = openidClient(added)
    const printed = createInterface(child.stdout)[Symbol.asyncIterator]()
    const page = await printed.next()
    const trust = await readFile(join(added.folder, 'trust.pem'), 'utf8')
    const browser = openConnection({ trust })
    const user = { login: 'john', password: 'doe' }
    const redirectUri = 'http://localhost:9876/callback'
    const back = await approve(String(page.value), { fetch: browser.fetch, user, redirectUri })
    await browser.close()
    child.stdin.end(`${back.href}\n`)
    const tokens = await printed.next()
    expect(decodeJwt(accessToken(String(tokens.value)))?.claims).toMatchObject({
      client_id: `with-users-${bind}`,
      cnf: { [bind === 'dpop' ? 'jkt' : 'x5t#S256']: expect.any(String) },
    })
  },
)

test('one that is neither by itself nor with a browser has no lines', async () => {
  const how = ['--auth', 'private_key_jwt', '--bind', 'dpop', '--profile', 'ciba-dpop']
  const { metadata, usages } = await add('by-ciba', ...how)
  expect(metadata['grant_types']).toEqual(['urn:openid:params:grant-type:ciba', 'refresh_token'])
  expect(usages).toEqual([])
})

test('grants that are URNs are known by their last word', async () => {
  const how = [
    '--auth',
    'tls_client_auth',
    '--bind',
    'dpop',
    '--grants',
    'device_code,token-exchange',
  ]
  expect((await add('by-device', ...how)).metadata['grant_types']).toEqual([
    'urn:ietf:params:oauth:grant-type:device_code',
    'urn:ietf:params:oauth:grant-type:token-exchange',
  ])
})

test.for(['/a folder', "/it's", '/$HOME/`id`', '/plain/file.pem'])(
  'the path %s is one word to a shell',
  async (path) => {
    expect((await execute('sh', ['-c', `printf %s ${quoted(path)}`])).stdout).toBe(path)
  },
)

const FORBIDDEN: readonly (readonly [string, readonly string[], string])[] = [
  ['a shared secret', ['--auth', 'client_secret_basic', '--bind', 'dpop'], 'FAPI2SP-5.3.2.1-6'],
  ['no sender constraint', ['--auth', 'private_key_jwt', '--bind', 'none'], 'FAPI2SP-5.3.2.1-5'],
  [
    'the password grant',
    ['--auth', 'private_key_jwt', '--bind', 'dpop', '--grants', 'password'],
    'FAPI2SP-5.3.2.1-2',
  ],
  [
    'a redirect URI without TLS',
    ['--auth', 'tls_client_auth', '--bind', 'mtls', '--redirect-uri', 'http://app.example/'],
    'FAPI2SP-5.3.2.2-8',
  ],
  [
    'a type of authorization details that nobody knows',
    ['--auth', 'private_key_jwt', '--bind', 'dpop', '--authorization-details-types', 'refund'],
    'RFC9396-10',
  ],
  ['no grant', ['--auth', 'private_key_jwt', '--bind', 'dpop', '--grants', ','], '--grants'],
  [
    'a scope that the lab does not have',
    ['--auth', 'private_key_jwt', '--bind', 'dpop', '--scope', 'accounts admin'],
    'openid, offline_access, accounts, payments',
  ],
  [
    'a profile that the lab does not offer',
    ['--auth', 'private_key_jwt', '--bind', 'dpop', '--profile', 'post-quantum'],
    'fapi2-security-profile',
  ],
  [
    'a profile that does not exist',
    ['--auth', 'self_signed_tls_client_auth', '--bind', 'dpop', '--profile', 'lenient'],
    'fapi2-security-profile',
  ],
]

test('what it may ask consent for in detail is registered', async () => {
  const types = ['payment_initiation', 'account_information']
  const options = ['--auth', 'private_key_jwt', '--bind', 'dpop']
  const more = ['--authorization-details-types', types.join(',')]
  const { metadata } = await add('with-details', ...options, ...more)
  expect(metadata['authorization_details_types']).toEqual(types)
})

test.concurrent.for(FORBIDDEN)(
  '%s is refused, with the clause, and nothing is written',
  async (forbidden) => {
    const [, options, clause] = forbidden
    const outcome = await run(place, ['client', 'add', 'bad', ...options])
    expect(outcome.code).toBe(2)
    expect(outcome.err).toContain(clause)
    expect(isClear(outcome)).toBe(true)
    expect(await readdir(join(place.state, 'clients'))).not.toContain('bad')
    expect(await readdir(join(place.certs, 'clients'))).not.toContain('bad.key.pem')
  },
)

test.concurrent.for(['../escape', 'tls-client-auth-mtls'])(
  '%j is no name for a client of one’s own',
  async (name) => {
    for (const args of [
      ['client', 'add', name, '--auth', 'private_key_jwt', '--bind', 'dpop'],
      ['client', 'remove', name],
    ]) {
      const outcome = await run(place, args)
      expect([args[1], outcome.code]).toEqual([args[1], 2])
      expect(isClear(outcome)).toBe(true)
    }
  },
)

test('adding again changes what is registered and keeps the key', async () => {
  const how = ['--auth', 'private_key_jwt', '--bind', 'dpop'] as const
  const { folder } = await add('again', ...how)
  const key = await readFile(join(folder, 'key.jwk.json'), 'utf8')
  const { metadata } = await add('again', ...how, '--grants', 'client_credentials')
  expect(metadata['grant_types']).toEqual(['client_credentials'])
  expect(await readFile(join(folder, 'key.jwk.json'), 'utf8')).toBe(key)
})

describe('a client whose keys are elsewhere', () => {
  const { d, ...members } = randomKey()
  const PUBLIC = { ...members, kid: 'k' }
  const how = ['--auth', 'private_key_jwt', '--bind', 'dpop', '--jwks', '-', '--json'] as const
  const addKeys = (name: string, jwks: unknown, args: readonly string[] = how) =>
    run(place, ['client', 'add', name, ...args], { input: JSON.stringify(jwks) })

  test('is registered with them, and none is made for it', async () => {
    const { out, code } = await addKeys('elsewhere', { keys: [PUBLIC] })
    expect(code).toBe(0)
    const { folder, metadata, usages } = JSON.parse(out)
    expect(metadata).toMatchObject({ client_id: 'elsewhere', jwks: { keys: [PUBLIC] } })
    expect(usages).toEqual([])
    expect(await readdir(folder)).toEqual(['metadata.json'])
    expect(JSON.parse((await run(place, ['client', 'show', 'elsewhere', '--json'])).out)).toEqual({
      folder,
      metadata,
      usages,
    })
  })

  const secret = { ...PUBLIC, d: d ?? '' }
  const WRONG: readonly (readonly [string, unknown, readonly string[], string])[] = [
    ['a private key', { keys: [secret] }, how, 'FAPI2SP-5.4'],
    ['no key', { keys: [] }, how, 'no JWK set of one or more keys'],
    ['one key that is no set', PUBLIC, how, 'no JWK set of one or more keys'],
    [
      'keys of a client that needs none',
      { keys: [PUBLIC] },
      ['--auth', 'tls_client_auth', '--bind', 'dpop', '--jwks', '-'],
      'by the subject of its certificate',
    ],
    ['a file that is not there', {}, [...how.slice(0, 5), '/nowhere'], 'cannot be read (ENOENT)'],
  ]
  test.concurrent.for(WRONG)('refuses %s, and tells nothing of it', async ([, jwks, args, why]) => {
    const outcome = await addKeys('refused', jwks, args)
    expect(outcome.code).toBe(2)
    expect(outcome.err).toContain(why)
    expect(outcome.err).not.toContain(secret.d)
    expect(isClear(outcome)).toBe(true)
    expect(await readdir(join(place.state, 'clients'))).not.toContain('refused')
  })
})

test('list, show and remove', async () => {
  const how = ['--auth', 'tls_client_auth', '--bind', 'mtls', '--subject', 'CN=Jane,OU=IT']
  const added = await add('short-lived', ...how)
  const list = async () => JSON.parse((await run(place, ['client', 'list', '--json'])).out)
  expect(await list()).toContainEqual(
    expect.objectContaining({ client_id: 'short-lived', own: true, constraint: 'mtls' }),
  )
  expect(await list()).toContainEqual(
    expect.objectContaining({ client_id: 'tls-client-auth-dpop', own: false, constraint: 'dpop' }),
  )
  const { out } = await run(place, ['client', 'list'])
  expect(out).toMatch(
    /^private-key-jwt-mtls +private_key_jwt +mtls +authorization_code .* device_code token-exchange$/m,
  )
  const shown = await run(place, ['client', 'show', 'short-lived', '--json'])
  expect(JSON.parse(shown.out)).toEqual(added)
  expect(added.metadata['tls_client_auth_subject_dn']).toBe('CN=Jane,OU=IT')
  expect((await run(place, ['client', 'remove', 'short-lived'])).code).toBe(0)
  expect(await readdir(join(place.state, 'clients'))).not.toContain('short-lived')
  const gone = await run(place, ['client', 'show', 'short-lived'])
  expect(gone).toMatchObject({ code: 2, out: '' })
  expect(gone.err).toContain('scripts/lab client list has them')
  const ofTheLab = await run(place, ['client', 'remove', 'service'])
  expect(ofTheLab).toMatchObject({ code: 2, out: '' })
  expect(ofTheLab.err).toContain('service is one of the lab’s own clients')
})

test('an assertion is for clients that are authenticated by one', async () => {
  const outcome = await run(place, ['assertion', '--as', 'tls-client-auth-dpop'])
  expect(outcome).toMatchObject({ code: 2 })
  expect(outcome.err).toContain('tls_client_auth')
})
