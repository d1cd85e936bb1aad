/** Each command on a lab that is up, in processes of their own, as a newcomer runs them. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { once } from 'node:events'
import { readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CLIENTS } from '../../src/clients/clients.ts'
import { decodeJwt } from '../../src/tell/jwt.ts'
import {
  fingerprint,
  isClear,
  makePlace,
  type Outcome,
  type Place,
  run,
  type RunningLab,
  up,
} from '../program.ts'

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

const ESC = '\u001B'

/** Every private value of every client and of the PKI. */
async function secrets(): Promise<readonly string[]> {
  const files = Object.keys({
    ...(await fingerprint(place.state)),
    ...(await fingerprint(place.certs)),
  })
  const texts = await Promise.all(
    files
      .filter((file) => /key\.(jwk\.json|pem)$/.test(file))
      .map((file) => readFile(file, 'utf8')),
  )
  return texts.map((text) =>
    text.startsWith('{') ? String(JSON.parse(text).d) : (text.split('\n')[1] ?? text),
  )
}

// oxlint-disable-next-line typescript/no-explicit-any -- what is in it is what the tests ask
async function asJson({ code, out, err }: Outcome): Promise<Readonly<Record<string, any>>> {
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).not.toContain(ESC)
  expect(out).not.toMatch(/PRIVATE KEY|"d":/)
  const known = await secrets()
  expect(known.length).toBeGreaterThan(15)
  for (const secret of known) expect(out.includes(secret)).toBe(false)
  return JSON.parse(out)
}

describe('tour', () => {
  test('counts what it did, as JSON', async () => {
    const outcome = await run(place, ['tour', '--json'])
    const { flows, attacks } = JSON.parse(outcome.out)
    expect([...flows, ...attacks].filter(({ ok }) => ok !== true)).toEqual([]) // says which
    const result = await asJson(outcome)
    expect(result['ok']).toBe(true)
    expect(result['flows']).toHaveLength(68)
    expect(result['attacks'].length).toBeGreaterThan(40)
    expect(result['honest']).toEqual([
      { binding: 'DPoP', status: 200 },
      { binding: 'mutual TLS', status: 200 },
    ])
  }, 120_000)
})

describe.concurrent('flow', () => {
  test('tells every step, decoded, without colours', async () => {
    const { code, out, err } = await run(place, ['flow', 'authorization-code'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).not.toContain(ESC)
    for (const word of ['POST /par', 'client_assertion', '"typ":"dpop+jwt"', 'dpop_jkt', '"cnf"'])
      expect(out).toContain(word)
    expect(out).toMatch(/cnf\.jkt of the token (\S+) = thumbprint of the proof’s jwk \1\n/)
    expect(out).toMatch(/✓ 200, and the token’s cnf .* is this client’s own\n$/)
  })

  const kinds = [
    ['private_key_jwt', 'dpop'],
    ['self_signed_tls_client_auth', 'mtls'],
  ] as const

  test.for(kinds)('as JSON, by %s and %s, has all exchanges', async ([auth, bind]) => {
    const options = ['--auth', auth, '--bind', bind, '--token', 'opaque', '--json']
    const result = await asJson(await run(place, ['flow', 'client-credentials', ...options]))
    expect(result).toMatchObject({ ok: true, status: 200, form: 'opaque' })
    expect(result['cnf']).toEqual(result['expected'])
    const [first] = result['exchanges']
    // The issuer's own address asks for no certificate: none is said to be shown there.
    expect(first.request).not.toHaveProperty('certificate')
    expect(result['exchanges'].at(-1)).toMatchObject({
      request: { method: 'GET', url: `${lab.run.addresses['resource']}/opaque/accounts` },
      response: { status: 200 },
      decision: { rows: expect.any(Array) },
    })
  })

  test('withdrawal: what has ended is refused', { timeout: 120_000 }, async () => {
    const how = ['--auth', 'tls_client_auth', '--bind', 'mtls']
    const { code, out, err } = await run(place, ['flow', 'withdrawal', ...how])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('POST /applications/withdrawal')
    expect(out).toMatch(/refused FAPI2SP-5\.3\.4-3 invalid_token/)
    expect(out).toMatch(/✓ 200, and .* is this client’s own; when all was over, 401\n$/)
  })

  test(
    'logout: the logout token arrives at a server of the client’s',
    { timeout: 120_000 },
    async () => {
      const result = await asJson(
        await run(place, ['flow', 'logout', '--token', 'opaque', '--json']),
      )
      expect(result).toMatchObject({ ok: true, status: 200, afterwards: 401 })
      const { request, response } = result['exchanges'].find(
        (exchange: { request: { by: string } }) => exchange.request.by === 'authorization-server',
      )
      expect(request).toMatchObject({
        method: 'POST',
        url: expect.stringMatching(/^https:\/\/localhost:\d+\/logout$/),
      })
      expect(response).toMatchObject({ status: 200 })
      const token = new URLSearchParams(String(request.body)).get('logout_token') ?? ''
      expect(decodeJwt(token)).toMatchObject({
        header: { typ: 'logout+jwt' },
        claims: { sub: 'alice', sid: expect.any(String) },
      })
    },
  )

  test('draws a Mermaid diagram into a file, and to standard output', async () => {
    const file = join(place.temporary, 'refresh.mmd')
    const told = await run(place, ['flow', 'refresh', '--bind', 'mtls', '--mermaid', file])
    expect(told).toMatchObject({ code: 0, err: '' })
    expect(told.out).toContain('POST /token')
    const diagram = await readFile(file, 'utf8')
    await rm(file)
    const printed = await run(place, ['flow', 'refresh', '--bind', 'mtls', '--mermaid', '-'])
    const steps = (text: string) => text.replaceAll(/interaction\/[\w-]+|authorize\/[\w-]+/g, '…')
    expect(steps(printed.out)).toBe(steps(diagram))

    const [head, ...lines] = diagram.trimEnd().split('\n')
    expect(head).toBe('sequenceDiagram')
    for (const line of lines)
      expect(line).toMatch(
        /^ {2}(participant P\d as [\w ()]+|P\d--?>>P\d: [^;]+|Note over P\d: [^;]+)$/,
      )
    expect(diagram).toContain('(Bearer token, client certificate)')
  })

  test('says that a diagram cannot be written', async () => {
    const file = join(place.temporary, 'nowhere', 'x.mmd')
    const outcome = await run(place, ['flow', 'client-credentials', '--mermaid', file])
    expect(outcome.code).toBe(2)
    expect(outcome.err).toBe(`holdfast: ${file} cannot be written (ENOENT)\n`)
  })

  test('does not print JSON and a diagram into one another', async () => {
    const outcome = await run(place, ['flow', 'refresh', '--json', '--mermaid', '-'])
    expect(outcome).toMatchObject({ code: 2, out: '' })
    expect(isClear(outcome)).toBe(true)
  })
})

const sh = promisify(execFile)

describe.concurrent('call', () => {
  test.for(CLIENTS.slice(1, 3))('gets the accounts as $id', async ({ id, binding }) => {
    const result = await asJson(
      await run(place, ['call', 'get', '/accounts', '--as', id, '--json']),
    )
    expect(result['status']).toBe(200)
    const { accounts, cnf } = JSON.parse(result['body'])
    expect(accounts).toHaveLength(2)
    expect(Object.keys(cnf)).toEqual([binding === 'dpop' ? 'jkt' : 'x5t#S256'])
  })

  test('sends body, headers and scope, to an absolute URL', async () => {
    const url = `${lab.run.addresses['resource']}/anything`
    const outcome = await run(place, [
      'call',
      'POST',
      url,
      '--as',
      'private-key-jwt-dpop',
      '--scope',
      'payments',
      '-d',
      '{"amount":"1.00"}',
      '-H',
      'X-One: 1',
      '-H',
      'X-Two: 2',
    ])
    expect(outcome).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(outcome.out)).toMatchObject({
      headers: { 'x-one': '1', 'x-two': '2' },
      body: '{"amount":"1.00"}',
      claims: { scope: 'payments' },
    })
  })

  test('exits 1 where the answer is no success, and shows it', async () => {
    const outcome = await run(place, ['call', 'GET', '/nowhere', '--as', 'self-signed-mtls'])
    expect(outcome).toMatchObject({ code: 1, err: 'holdfast: the answer is 404\n' })
    expect(JSON.parse(outcome.out)).toHaveProperty('error')
  })

  test('exits 1 where the authorization server refuses, and says why', async () => {
    const args = [
      'call',
      'GET',
      '/',
      '--as',
      'self-signed-mtls',
      '--resource',
      'https://other.example',
    ]
    const outcome = await run(place, args)
    expect(outcome).toMatchObject({ code: 1, out: '' })
    expect(outcome.err).toMatch(
      /^holdfast: the authorization server answered invalid_target\b.*\n$/,
    )
  })

  test('exits 1 where nobody answers', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const address = closed.address()
    const url = `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`
    await promisify(closed.close.bind(closed))()
    const args = ['call', 'GET', url, '--as', 'self-signed-mtls']
    const outcome = await run(place, args)
    expect(outcome).toMatchObject({ code: 1, out: '' })
    expect(outcome.err).toMatch(/^holdfast: no connection: .*ECONNREFUSED.*\n$/)
  })

  const curls: readonly (readonly [string, readonly string[], string])[] = [
    ['by DPoP', ['GET', '/accounts', '--as', 'private-key-jwt-dpop'], '"jkt"'],
    ['by certificate', ['GET', '/accounts', '--as', 'tls-client-auth-mtls'], '"x5t#S256"'],
    ['self-signed', ['GET', '/accounts', '--as', 'self-signed-mtls'], '"x5t#S256"'],
    ['opaque', ['GET', '/accounts', '--as', 'self-signed-dpop', '--token', 'opaque'], '"jkt"'],
    ['HEAD', ['HEAD', '/accounts', '--as', 'self-signed-dpop'], 'HTTP/1.1 200'],
    [
      'with a URL that a shell and curl would take apart',
      ['GET', `/x/../anything?x[]={1,2}&y='$HOME'`, '--as', 'private-key-jwt-dpop'],
      '"url":"/anything?x[]={1,2}&y=%27$HOME%27"',
    ],
    [
      'with fields that curl would leave out',
      ['GET', '/anything', '--as', 'self-signed-mtls', '-H', `X-One: it's`, '-H', 'X-Two:'],
      `"x-one":"it's","x-two":""`,
    ],
    [
      'with a body that a shell would take apart',
      [
        'POST',
        '/anything',
        '--as',
        'private-key-jwt-dpop',
        '--scope',
        'payments',
        '-d',
        `it's $(id) @x \\`,
      ],
      JSON.stringify(`it's $(id) @x \\`),
    ],
  ]

  test('--curl prints a body as it is, where curl would read a file', async () => {
    const args = ['POST', '/payments', '--as', 'self-signed-mtls', '-d', '@/etc/hostname', '--curl']
    expect((await run(place, ['call', ...args])).out).toContain(`--data-raw '@/etc/hostname'`)
  })

  test.for(curls)('--curl prints a command that a shell runs: %s', async ([, args, expected]) => {
    const printed = await run(place, ['call', ...args, '--curl'])
    expect(printed).toMatchObject({ code: 0, err: '' })
    expect(printed.out).toMatch(/^curl /)
    const how = { timeout: 10_000, env: { PATH: process.env['PATH'] ?? '' } }
    const { stdout } = await sh(
      'sh',
      ['-c', `${printed.out.trimEnd()} --silent --fail-with-body`],
      how,
    )
    expect(stdout).toContain(expected)
  })
})

describe('doctor', () => {
  test('finds nothing, and says that a lab is up', async () => {
    const { code, out, err } = await run(place, ['doctor'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain(`a lab is up (process ${lab.process.pid})`)
    expect(out).not.toContain('✗')
    expect(out).not.toContain(ESC)
  })

  test('changes nothing', async () => {
    const before = await fingerprint(place.certs)
    const result = await asJson(await run(place, ['doctor', '--json']))
    expect(result['ok']).toBe(true)
    expect(result['findings'].map(({ name }: { name: string }) => name.trim())).toEqual(
      expect.arrayContaining([
        'Node',
        'ports',
        'certificates',
        'root',
        'state',
        'records',
        'clock',
      ]),
    )
    expect(await fingerprint(place.certs)).toEqual(before)
  })
})

describe('colours', () => {
  test('are there where somebody forces them, and NO_COLOR takes them away', async () => {
    const forced = await run(place, ['doctor'], { env: { FORCE_COLOR: '1' } })
    expect(forced.out).toContain(ESC)
    const without = await run(place, ['doctor'], { env: { NO_COLOR: '1' } })
    expect(without.out).not.toContain(ESC)
  })
})

test('no client that a flow was played by is left', async () => {
  const listed = await run(place, ['client', 'list', '--json'])
  const all: readonly { client_id: string }[] = JSON.parse(listed.out)
  expect(all.map(({ client_id }) => client_id).filter((id) => /-[0-9a-f]{8}$/.test(id))).toEqual([])
})

test('nothing was left behind in the folder for temporary files', async () => {
  expect(existsSync(place.temporary)).toBe(true)
  expect(await readdir(place.temporary)).toEqual([])
})
