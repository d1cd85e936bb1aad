/**
 * Files that are not what they should be: one sentence that names the file, exit code 2, and the
 * file is afterwards what it was.
 */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { readConfiguration } from '../../src/configuration.ts'
import { isTold } from '../../src/errors.ts'
import { startLab } from '../../src/lab.ts'
import {
  fingerprint,
  isClear,
  makePlace,
  type Place,
  run,
  type RunningLab,
  up,
} from '../program.ts'

// lab.example is a name of this machine, as far as the lab can tell.
vi.mock('node:dns/promises', () => ({ lookup: async () => ({ address: '127.0.0.1', family: 4 }) }))

/** A lab that has been up and is not, and another one with an authority of its own. */
let healthy: Place
let other: Place
let place: Place

beforeAll(async () => {
  ;[healthy, other] = [await makePlace(), await makePlace()]
  for (const { certs, state } of [healthy, other]) {
    const lab = await startLab(readConfiguration({ certs, state, ephemeral: true }))
    await lab.close()
  }
})
afterAll(async () => {
  await healthy.remove()
  await other.remove()
})

beforeEach(async () => {
  place = await makePlace()
  await cp(healthy.certs, place.certs, { recursive: true })
  await cp(healthy.state, place.state, { recursive: true })
})
afterEach(() => place.remove())

/** What a start in this process says; the command line passes it on, as one test below shows. */
async function told(): Promise<string> {
  const { certs, state } = place
  try {
    const lab = await startLab(readConfiguration({ certs, state, ephemeral: true }))
    await lab.close()
    return 'nothing'
  } catch (error) {
    return isTold(error) ? error.message : `a defect: ${String(error)}`
  }
}

const copy = (from: string, to: string) => cp(from, join(place.certs, to))

type Spoil = readonly [title: string, named: string, spoil: () => Promise<void>]

const certificates: readonly Spoil[] = [
  ...[
    'root.certificate.pem',
    'root.key.pem',
    'issuing.certificate.pem',
    'issuing.key.pem',
    'servers/resource-server.certificate.pem',
    'servers/resource-server.chain.pem',
    'servers/authorization-server.key.pem',
    'clients/tls-client-auth-mtls.certificate.pem',
    'clients/tls-client-auth-mtls.key.pem',
    'self-signed/self-signed-dpop.certificate.pem',
  ].map((file): Spoil => [
    `${file} is no PEM`,
    file,
    () => writeFile(join(place.certs, file), 'no certificate\n'),
  ]),
  [
    'the root is another authority’s',
    'root.key.pem',
    () => copy(join(other.certs, 'root.certificate.pem'), 'root.certificate.pem'),
  ],
  [
    'root and key are another authority’s',
    'issuing.certificate.pem',
    async () => {
      await copy(join(other.certs, 'root.certificate.pem'), 'root.certificate.pem')
      await copy(join(other.certs, 'root.key.pem'), 'root.key.pem')
    },
  ],
  [
    'the server certificates are another authority’s',
    'servers/',
    () =>
      cp(join(other.certs, 'servers'), join(place.certs, 'servers'), { recursive: true }).then(
        () => {},
      ),
  ],
  [
    'a key belongs to another certificate',
    'servers/resource-server.key.pem',
    () =>
      copy(
        join(place.certs, 'servers/authorization-server.key.pem'),
        'servers/resource-server.key.pem',
      ),
  ],
  [
    'a client’s key belongs to another client',
    'clients/tls-client-auth-mtls.key.pem',
    () =>
      copy(
        join(place.certs, 'clients/tls-client-auth-dpop.key.pem'),
        'clients/tls-client-auth-mtls.key.pem',
      ),
  ],
  [
    'a folder stands where a key should',
    'servers/resource-server.key.pem',
    async () => {
      await rm(join(place.certs, 'servers/resource-server.key.pem'))
      await mkdir(join(place.certs, 'servers/resource-server.key.pem'))
    },
  ],
]

describe('in certs', () => {
  test.for(certificates)('%s', async ([, named, spoil]) => {
    await spoil()
    const before = await fingerprint(place.certs)
    const sentence = await told()
    expect(sentence).toContain(join(place.certs, named))
    expect(sentence).toMatch(/^[^\n]+\. [A-Z][^\n]+\.$/)
    expect(sentence).not.toMatch(/PRIVATE KEY|a defect/)
    expect(await fingerprint(place.certs)).toEqual(before)
  })

  test('the command line says so, and nothing else', async () => {
    await writeFile(join(place.certs, 'root.key.pem'), 'no key\n')
    const outcome = await run(place, ['up'])
    expect(outcome).toMatchObject({ code: 2, out: '', err: `holdfast: ${await told()}\n` })
    expect(isClear(outcome)).toBe(true)
  })

  test.for([
    'root.certificate.pem',
    'servers/resource-server.key.pem',
    'clients/tls-client-auth-mtls.key.pem',
  ])('doctor finds %s, too', async (file) => {
    await writeFile(join(place.certs, file), 'no certificate\n')
    const { code, out, err } = await run(place, ['doctor'])
    expect({ code, err }).toEqual({ code: 1, err: '' })
    expect(out).toContain(`✗   ${file.replace(/\.(certificate|key)\.pem$/, '')} `)
    expect(out).toContain('move it and its pair away')
  })

  test('doctor finds the certificates of another authority', async () => {
    await cp(join(other.certs, 'servers'), join(place.certs, 'servers'), { recursive: true })
    const { code, out } = await run(place, ['doctor'])
    expect(code).toBe(1)
    expect(out.match(/is signed by another authority/g)).toHaveLength(2)
  })
})

describe('a file stands in the place of a folder', () => {
  const folders = [
    ['certs', () => place.certs],
    ['state', () => place.state],
    ['clients', () => join(place.state, 'clients')],
  ] as const

  test.for(folders)('%s', async ([, folder]) => {
    await rm(folder(), { recursive: true })
    await writeFile(folder(), 'something dear')
    expect(await told()).toContain(folder())
    expect(await readFile(folder(), 'utf8')).toBe('something dear')
  })

  test.for(folders.slice(0, 2))('%s, and doctor finds it', async ([, folder]) => {
    await rm(folder(), { recursive: true })
    await writeFile(folder(), '')
    const { code, out } = await run(place, ['doctor'])
    expect(code).toBe(1)
    expect(out).toContain(`${folder()} is no folder`)
  })

  test('clients of a client', async () => {
    const file = join(place.state, 'clients/private-key-jwt-dpop/key.jwk.json')
    await rm(file)
    await mkdir(file)
    expect(await told()).toContain(file)
  })
})

describe('records.sqlite', () => {
  const file = () => join(place.state, 'records.sqlite')

  test('is no database', async () => {
    await writeFile(file(), 'something dear')
    expect(await told()).toContain(file())
    expect(await readFile(file(), 'utf8')).toBe('something dear')
    const doctor = await run(place, ['doctor'])
    expect(doctor.code).toBe(1)
    expect(doctor.out).toContain(`${file()} is no database`)
  })
})

describe('the material of a client, with the lab up', () => {
  const files = ['client.json', 'key.jwk.json', 'trust.pem']
  let lab: RunningLab

  beforeEach(async () => {
    lab = await up(place)
  })
  afterEach(() => lab.stop())

  test('is told by name', async () => {
    for (const name of files) {
      const file = join(place.state, 'clients/private-key-jwt-dpop', name)
      const honest = await readFile(file)
      await writeFile(file, 'something dear')
      const outcome = await run(place, ['call', 'GET', '/accounts', '--as', 'private-key-jwt-dpop'])
      expect(outcome).toMatchObject({ code: 2, out: '' })
      expect(outcome.err).toContain(name)
      expect(isClear(outcome)).toBe(true)
      expect(await readFile(file, 'utf8')).toBe('something dear')
      await writeFile(file, honest)
    }
  })
})

test.for(['client.json', 'key.jwk.json'])(
  'a client’s %s that no run has written is not overwritten',
  async (name) => {
    const file = join(place.state, 'clients/private-key-jwt-dpop', name)
    await writeFile(file, 'my notes')
    expect(await told()).toContain(name)
    expect(await readFile(file, 'utf8')).toBe('my notes')
  },
)

test('a client without its key gets a new one, and works', async () => {
  await rm(join(place.state, 'clients/private-key-jwt-dpop/key.jwk.json'))
  expect(await told()).toBe('nothing')
})

test('a host name that is not loopback leaves the redirect URIs on loopback', async () => {
  const { certs, state } = place
  const lab = await startLab(
    readConfiguration({ certs, state, ephemeral: true, host: 'lab.example' }),
  )
  await lab.close()
  expect(lab.addresses.issuer).toMatch(/^https:\/\/lab\.example:\d+$/)
  expect(lab.addresses.console).toMatch(/^http:\/\/localhost:\d+$/)
})
