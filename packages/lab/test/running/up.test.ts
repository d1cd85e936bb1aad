/** `up`: starts everything, tells where it is, stays, and leaves nothing behind. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readLiveRun } from '../../src/run-file.ts'
import {
  fingerprint,
  isClear,
  makePlace,
  type Place,
  ROOT,
  run,
  type RunningLab,
  start,
  STACK_TRACE,
  until,
  up,
} from '../program.ts'

let place: Place
const labs: RunningLab[] = []

beforeEach(async () => {
  place = await makePlace()
})
afterEach(async () => {
  for (const lab of labs.splice(0)) await lab.stop('SIGKILL')
  await place.remove()
})

async function open(args?: readonly string[]): Promise<RunningLab> {
  const lab = await up(place, args)
  labs.push(lab)
  return lab
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    () => true,
    () => false,
  )

/** The tour alone, with nothing in it that another run would have otherwise. */
const asInDocs = (text: string): string | undefined =>
  /^Every grant.* s$/ms
    .exec(text)?.[0]
    .replaceAll(/ +$/gm, '')
    .replaceAll(/localhost:\d+/g, 'localhost:PORT')
    .replace(/[\d.]+ s$/, 'SECONDS s')

const runFile = () => join(place.state, 'run.json')

test('is the default, runs the tour, tells the addresses, and stays up until SIGINT', async () => {
  const lab = await open([])
  let out = ''
  lab.process.stdout?.on('data', (text: string) => (out += text))
  await until(() => out.includes('Ctrl-C stops the lab'))
  for (const url of Object.values(lab.run.addresses)) expect(out).toContain(url)
  expect(out).toContain('68 of 68 flows reach the API')
  expect(await answers(`${lab.run.addresses['console']}/`)).toBe(true)

  const outcome = await lab.stop('SIGINT')
  expect(outcome).toMatchObject({ code: 0, err: '' })
  expect(outcome.out).not.toContain('✗')
  expect(asInDocs(outcome.out)).toBe(asInDocs(readFileSync(join(ROOT, 'docs/tour.md'), 'utf8')))
  expect(await readdir(place.state)).not.toContain('run.json')
  expect(await answers(`${lab.run.addresses['console']}/`)).toBe(false)
}, 180_000)

test('keeps its secrets from other users, and is refused where a lab is already up', async () => {
  const lab = await open()
  expect((await stat(runFile())).mode & 0o777).toBe(0o600)
  expect((await stat(place.state)).mode & 0o777).toBe(0o700)
  // The hub's token is the only secret in it.
  expect(JSON.parse(await readFile(runFile(), 'utf8'))).toEqual({
    pid: lab.process.pid,
    hubToken: expect.stringMatching(/^[\w-]{43}$/),
    certs: place.certs,
    addresses: expect.any(Object),
  })
  for (const url of Object.values(lab.run.addresses))
    expect(url).toMatch(/^https?:\/\/localhost:\d+$/)
  const files = Object.keys({
    ...(await fingerprint(place.state)),
    ...(await fingerprint(place.certs)),
  })
  const secret = files.filter((file) =>
    /-----BEGIN [A-Z ]*PRIVATE KEY|"d":/.test(readFileSync(file, 'utf8')),
  )
  expect(secret.length).toBeGreaterThan(10)
  for (const file of secret) expect([file, (await stat(file)).mode & 0o077]).toEqual([file, 0])

  const before = await fingerprint(place.certs)
  const second = await run(place, ['up', '--no-tour'])
  expect(second).toMatchObject({ code: 2, out: '' })
  expect(isClear(second)).toBe(true)
  expect(second.err).toContain(`a lab is already up at ${lab.run.addresses['console']}`)
  expect(await fingerprint(place.certs)).toEqual(before)
  expect(JSON.parse(await readFile(runFile(), 'utf8'))).toEqual(lab.run)
  const call = await run(place, ['call', 'GET', '/accounts', '--as', 'private-key-jwt-dpop'])
  expect(call).toMatchObject({ code: 0, err: '' })
  expect(await lab.stop('SIGTERM')).toMatchObject({ code: 0, err: '' })
  expect(await readdir(place.state)).not.toContain('run.json')
})

test('says which port is in use and how to choose another, and stops what it has started', async () => {
  const squatter = createServer().listen(0, '127.0.0.1')
  await once(squatter, 'listening')
  const address = squatter.address()
  const port = typeof address === 'object' ? String(address?.port) : ''
  const env = { HOLDFAST_RESOURCE_SERVER_PORT: port }
  const outcome = await run(place, ['up', '--no-tour'], { env })
  squatter.close()
  expect(outcome).toMatchObject({
    code: 2,
    out: '',
    err: `holdfast: port ${port} (resourceServer) is in use; choose another with HOLDFAST_RESOURCE_SERVER_PORT=PORT\n`,
  })
})

test('says that an address is none of this machine’s', async () => {
  const outcome = await run(place, ['up', '--no-tour', '--listen', '192.0.2.1']) // RFC 5737
  expect(outcome).toMatchObject({
    code: 2,
    out: '',
    err: 'holdfast: 192.0.2.1 is no address of this machine; choose another by --listen\n',
  })
})

test('says that a host is not known here', async () => {
  // An empty label: no name server is asked.
  const outcome = await run(place, ['up', '--no-tour', '--host', 'lab..example'])
  expect(outcome).toMatchObject({ code: 2, out: '' })
  expect(outcome.err).toMatch(
    /^holdfast: the host lab\.\.example is not known on this machine \(E\w+\); enter it in \/etc\/hosts/,
  )
})

test('starts over a lab that was killed, and keeps its keys and clients', async () => {
  const lab = await open()
  await lab.stop('SIGKILL')
  const [key, client] = [
    join(place.certs, 'root.key.pem'),
    join(place.state, 'clients/private-key-jwt-dpop/key.jwk.json'),
  ]
  const before = [await readFile(key), await readFile(client)]
  // What the killed lab left: a run file that leads nowhere.
  expect(JSON.parse(await readFile(runFile(), 'utf8')).pid).toBe(lab.process.pid)
  const doctor = await run(place, ['doctor'])
  expect(doctor).toMatchObject({ code: 0, err: '' })
  await writeFile(runFile(), 'garbage')

  await open()
  expect([await readFile(key), await readFile(client)]).toEqual(before)
  const call = await run(place, ['call', 'GET', '/accounts', '--as', 'tls-client-auth-mtls'])
  expect(call).toMatchObject({ code: 0, err: '' })
})

const ADDRESSES = [
  'issuer',
  'mtlsAlias',
  'resource',
  'console',
  'authorizationServerManagement',
  'resourceServerManagement',
]
const runAt = (console: string) =>
  JSON.stringify({
    pid: 1,
    hubToken: 'x',
    certs: '/nowhere',
    addresses: Object.fromEntries(ADDRESSES.map((name) => [name, console])),
  })

const broken: readonly (readonly [string, string])[] = [
  ['no JSON', 'garbage'],
  ['other JSON', '{"pid":1}'],
  ['addresses that are no URLs', runAt('nothing')],
  ['an address at which nobody is', runAt('http://127.0.0.1:1')],
]

test.for(broken)('takes for no run: %s', async ([, text]) => {
  await mkdir(place.state, { recursive: true })
  await writeFile(runFile(), text)
  expect(await readLiveRun(place.state)).toBeUndefined()
})

test('closes everything where the run file cannot be written', async () => {
  await mkdir(runFile(), { recursive: true })
  const outcome = await run(place, ['up', '--no-tour'])
  expect(outcome).toMatchObject({ code: 2, out: '' })
  expect(isClear(outcome)).toBe(true)
})

test('goes on when nobody reads what it prints', async () => {
  const started = start(place, ['up', '--no-tour'])
  started.process.stdout?.destroy()
  await until(() =>
    stat(runFile()).then(
      () => true,
      () => false,
    ),
  )
  started.process.kill('SIGTERM')
  const { code, err } = await started.outcome
  expect(code).toBe(0)
  expect(err).not.toMatch(STACK_TRACE)
})
