import { X509Certificate } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type Authority,
  AuthorityError,
  type AuthorityErrorCode,
  openAuthority,
} from '../src/index.ts'
import { PROFILES, RENEWAL } from '../src/profiles.ts'
import { newFolder, snapshot, verifyClient } from './lab.ts'

const DAY = 86_400_000
const START = Date.UTC(2030, 0, 1)
const JOHN = { subject: 'CN=JohnDoe,OU=IT' }

async function ensureAll(folder: string, now = START): Promise<Authority> {
  const authority = await openAuthority(folder, { now: () => now })
  await authority.server('localhost')
  await authority.client('john', JOHN)
  await authority.selfSigned('solo', { subject: 'CN=solo' })
  return authority
}

/** Made once; every test gets a copy. */
const template = newFolder()
await ensureAll(template)
function copy(): string {
  const folder = newFolder()
  cpSync(template, folder, { recursive: true })
  return folder
}

interface Refusal {
  readonly code: AuthorityErrorCode
  readonly file: string
}

/** What is refused, and whether it reads as three sentences: file and problem, then what to do. */
async function refusal(run: () => Promise<unknown>): Promise<Refusal> {
  const error = await run().catch((reason: unknown) => reason)
  if (!(error instanceof AuthorityError)) throw new Error('was not refused', { cause: error })
  expect(error.message).toMatch(/^\/.+: .+\. .+\.$/)
  const { code, file } = error
  return { code, file }
}

const thumbprint = (pem: string): string => new X509Certificate(pem).fingerprint256
/** The age at which the renewal threshold is crossed, in milliseconds from `START`. */
const renewalAge = (days: number): number => days * DAY * (1 - RENEWAL.fraction) - RENEWAL.backdate

describe('opening again', () => {
  it('keeps everything byte for byte, also with another default key type', async () => {
    const folder = copy()
    const before = snapshot(folder)
    expect(Object.keys(before)).toHaveLength(15)
    await ensureAll(folder)
    await openAuthority(folder, { now: () => START, keyType: 'RSA-2048' }).then((a) =>
      a.server('localhost'),
    )
    expect(snapshot(folder)).toEqual(before)
  })

  it('answers what is on disk', async () => {
    const authority = await ensureAll(copy())
    const john = await authority.client('john', JOHN)
    expect(readFileSync(john.files.certificate, 'utf8')).toBe(john.certificate)
    expect(readFileSync(john.files.chain, 'utf8')).toBe(john.chain)
    expect(readFileSync(john.files.key, 'utf8')).toBe(john.key)
    expect(john.chain).toBe(john.certificate + authority.issuing)
    expect(authority.trust).toBe(authority.root)
  })

  it('gives folders to which nobody else can write, whatever the umask', async () => {
    const before = process.umask(0)
    try {
      const folder = join(newFolder(), 'certs')
      await ensureAll(folder)
      const folders = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ parentPath, name }) => join(parentPath, name))
      for (const path of [folder, ...folders]) expect(statSync(path).mode & 0o022).toBe(0)
      expect(folders.length).toBeGreaterThan(1)
    } finally {
      process.umask(before)
    }
  })

  it('gives keys mode 0600, and takes the rights of others away from one that has more', async () => {
    const folder = copy()
    const keys = Object.keys(snapshot(folder)).filter((path) => path.endsWith('.key.pem'))
    const modes = () => keys.map((path) => statSync(path).mode & 0o777)
    expect(modes()).toEqual([0o600, 0o600, 0o600, 0o600, 0o600])
    for (const key of keys) chmodSync(key, 0o644)
    await ensureAll(folder)
    expect(modes()).toEqual([0o600, 0o600, 0o600, 0o600, 0o600])
  })

  it('by many at once makes one authority', async () => {
    const folder = newFolder()
    const all = await Promise.all(Array.from({ length: 8 }, () => ensureAll(folder)))
    expect(new Set(all.map(({ root, issuing }) => root + issuing)).size).toBe(1)
    const before = snapshot(folder)
    await ensureAll(folder)
    expect(snapshot(folder)).toEqual(before)
  })
})

describe('asking for something else', () => {
  it('issues again with the same key when subject or names differ', async () => {
    const authority = await ensureAll(copy())
    const before = await authority.client('john', JOHN)
    const after = await authority.client('john', {
      subject: 'CN=JohnDoe,OU=HR',
      dns: ['a.example'],
    })
    expect(after.key).toBe(before.key)
    expect(after.certificate).not.toBe(before.certificate)
    expect(
      await authority.client('john', { subject: 'CN=JohnDoe,OU=HR', dns: ['a.example'] }),
    ).toEqual(after)
    expect(
      verifyClient(authority, after.chain, ['-attime', String(START / 1000)]).output,
    ).toContain('OK')
  })

  it('makes a new key when another type is asked for', async () => {
    const authority = await ensureAll(copy())
    const { certificate } = await authority.client('john', { ...JOHN, keyType: 'RSA-2048' })
    expect(new X509Certificate(certificate).publicKey.asymmetricKeyType).toBe('rsa')
  })

  it.each(['', '../john', 'a/b', '.hidden', 'a\nb'])('refuses the name %j', async (name) => {
    const folder = copy()
    const authority = await ensureAll(folder)
    expect(await refusal(() => authority.client(name, JOHN))).toEqual({
      code: 'bad-request',
      file: join(folder, 'clients'),
    })
  })

  it.each([
    { subject: 'JohnDoe' },
    { ...JOHN, ip: ['1.2.3'] },
    { ...JOHN, dns: [''] },
    { subject: 'C=\\E2\\82\\AC' },
  ])('refuses %j', async (request) => {
    const folder = copy()
    const authority = await ensureAll(folder)
    const before = snapshot(folder)
    expect(await refusal(() => authority.client('john', request))).toEqual({
      code: 'bad-request',
      file: join(folder, 'clients/john.certificate.pem'),
    })
    expect(snapshot(folder)).toEqual(before)
  })
})

describe('renewal', () => {
  it.each([
    ['client', PROFILES.client.days],
    ['issuing', PROFILES.issuing.days],
    ['root', PROFILES.root.days],
  ] as const)(
    'of the %s certificate, with its key, below a third of its life and not before',
    async (what, days) => {
      const folder = copy()
      const pick = async (now: number) => {
        const authority = await openAuthority(folder, { now: () => now })
        const client = await authority.client('john', JOHN)
        const { root, issuing } = authority
        return { authority, client, pem: { client: client.certificate, issuing, root }[what] }
      }
      const age = START + renewalAge(days)
      // A client lives shorter than its CAs: it must be renewed on the way, its CA must not.
      const first =
        what === 'client'
          ? await pick(START)
          : { pem: readFileSync(join(folder, `${what}.certificate.pem`), 'utf8') }
      expect((await pick(age)).pem).toBe(first.pem)
      const renewed = await pick(age + 1000)
      expect(renewed.pem).not.toBe(first.pem)
      expect(
        new X509Certificate(renewed.pem).publicKey.equals(new X509Certificate(first.pem).publicKey),
      ).toBe(true)
      const at = ['-attime', String(Math.floor(age / 1000) + 1)]
      expect(verifyClient(renewed.authority, renewed.client.chain, at).output).toContain('OK')
    },
  )

  it('of a certificate that is not valid yet, since the clock was wrong once', async () => {
    const folder = copy()
    const { root } = await ensureAll(folder)
    const earlier = await ensureAll(folder, START - 30 * DAY)
    expect(earlier.root).not.toBe(root)
    expect(new X509Certificate(earlier.root).validFromDate.getTime()).toBe(
      START - 30 * DAY - RENEWAL.backdate,
    )
  })
})

describe('a half-written folder', () => {
  const ORDER = ['root.key', 'root.certificate', 'issuing.key', 'issuing.certificate'].map(
    (name) => `${name}.pem`,
  )
  const LEAF = ['key', 'certificate', 'chain'].map((part) => `clients/john.${part}.pem`)

  it.each([...ORDER, ...LEAF].map((path, index) => [path, index] as const))(
    'of a kill before %s was written is completed',
    async (_, index) => {
      const folder = copy()
      for (const path of ['servers', 'self-signed']) rmSync(join(folder, path), { recursive: true })
      for (const path of [...ORDER, ...LEAF].slice(index)) rmSync(join(folder, path))
      const kept = snapshot(folder)
      writeFileSync(join(folder, '.root.key.pem.0123456789ab.tmp'), '-----BEGIN PRIV')
      const authority = await ensureAll(folder)
      expect(snapshot(folder)).toMatchObject(kept)
      const { chain } = await authority.client('john', JOHN)
      expect(verifyClient(authority, chain, ['-attime', String(START / 1000)]).output).toContain(
        'OK',
      )
    },
  )

  it.each([...ORDER, ...LEAF])('or one from which %s was lost is completed', async (path) => {
    const folder = copy()
    const root = readFileSync(join(folder, 'root.certificate.pem'), 'utf8')
    rmSync(join(folder, path))
    const authority = await ensureAll(folder)
    expect(authority.root === root).toBe(path !== 'root.certificate.pem')
    const { chain } = await authority.client('john', JOHN)
    expect(verifyClient(authority, chain, ['-attime', String(START / 1000)]).output).toContain('OK')
    const before = snapshot(folder)
    await ensureAll(folder)
    expect(snapshot(folder)).toEqual(before)
  })

  it('whose root key is kept elsewhere works until that key is needed', async () => {
    const folder = copy()
    const file = join(folder, 'root.key.pem')
    rmSync(file)
    await ensureAll(folder)
    const late = START + renewalAge(PROFILES.issuing.days) + 1000
    const before = snapshot(folder)
    expect(await refusal(() => openAuthority(folder, { now: () => late }))).toEqual({
      code: 'missing-key',
      file: file,
    })
    expect(snapshot(folder)).toEqual(before)
  })
})

describe('a folder that is not right is refused and untouched', async () => {
  const other = newFolder()
  await ensureAll(other)
  const names = ['root', 'issuing', 'clients/john', 'self-signed/solo']

  /** As `refusal`, with the path inside the folder; and nothing in it has changed. */
  async function untouched(folder: string): Promise<Refusal> {
    const before = snapshot(folder)
    const { code, file } = await refusal(() => ensureAll(folder))
    expect(snapshot(folder)).toEqual(before)
    return { code, file: relative(folder, file) }
  }

  it.each([
    ...names.flatMap((name) => [`${name}.key.pem`, `${name}.certificate.pem`]),
    'clients/john.chain.pem',
  ])('for %s that is not PEM', async (path) => {
    const folder = copy()
    writeFileSync(
      join(folder, path),
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    )
    expect(await untouched(folder)).toEqual({ code: 'corrupt', file: path })
    writeFileSync(join(folder, path), '')
    expect(await untouched(folder)).toEqual({ code: 'corrupt', file: path })
  })

  it.each(names)('for a swapped key of %s', async (name) => {
    const folder = copy()
    copyFileSync(join(other, `${name}.key.pem`), join(folder, `${name}.key.pem`))
    expect(await untouched(folder)).toEqual({ code: 'key-mismatch', file: `${name}.key.pem` })
  })

  it.each([
    ['issuing', 'issuing.certificate.pem'],
    ['root', 'issuing.certificate.pem'],
    ['clients/john', 'clients/john.certificate.pem'],
  ])('for %s of another authority', async (name, blamed) => {
    const folder = copy()
    for (const part of ['key', 'certificate']) {
      copyFileSync(join(other, `${name}.${part}.pem`), join(folder, `${name}.${part}.pem`))
    }
    expect(await untouched(folder)).toEqual({ code: 'foreign', file: blamed })
  })

  it('for a chain of another authority', async () => {
    const folder = copy()
    copyFileSync(join(other, 'clients/john.chain.pem'), join(folder, 'clients/john.chain.pem'))
    expect(await untouched(folder)).toEqual({ code: 'foreign', file: 'clients/john.chain.pem' })
  })

  it('for an issuing CA whose root is gone', async () => {
    const folder = copy()
    rmSync(join(folder, 'root.key.pem'))
    rmSync(join(folder, 'root.certificate.pem'))
    expect(await untouched(folder)).toEqual({ code: 'foreign', file: 'issuing.certificate.pem' })
  })

  it('for a leaf in place of the root', async () => {
    const folder = copy()
    for (const part of ['key', 'certificate']) {
      copyFileSync(join(folder, `clients/john.${part}.pem`), join(folder, `root.${part}.pem`))
    }
    expect(await untouched(folder)).toEqual({ code: 'foreign', file: 'root.certificate.pem' })
  })

  it('for a path that is a folder, and a folder that is a file', async () => {
    const folder = copy()
    rmSync(join(folder, 'root.key.pem'))
    mkdirSync(join(folder, 'root.key.pem'))
    expect(await untouched(folder)).toEqual({ code: 'unreadable', file: 'root.key.pem' })
    const file = join(folder, 'issuing.key.pem')
    expect(await refusal(() => openAuthority(file))).toEqual({ code: 'unwritable', file: file })
    expect(await refusal(() => openAuthority(join(file, 'below')))).toEqual({
      code: 'unwritable',
      file: join(file, 'below'),
    })
  })

  it('and an honest folder beside it still opens', async () => {
    expect(thumbprint((await ensureAll(other)).root)).not.toBe(
      thumbprint((await ensureAll(copy())).root),
    )
  })
})
