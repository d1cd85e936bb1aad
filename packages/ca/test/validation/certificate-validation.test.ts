import { X509Certificate } from 'node:crypto'
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeName } from '../../src/encoding/distinguished-name.ts'
import { expired, twin } from '../../src/fixtures.ts'
import {
  currentCrl,
  openAuthority,
  publishStatus,
  release,
  revoke,
  STATUS_FILE,
} from '../../src/index.ts'
import { issue, validityOf } from '../../src/issuing/issue.ts'
import { generateKey } from '../../src/encoding/key-types.ts'
import { pemOf } from '../../src/encoding/pem.ts'
import { type Profile, PROFILES } from '../../src/profiles.ts'
import { parseName } from '../../src/encoding/rfc4514.ts'
import { certificateValidation } from '../../src/validation.ts'
import { chainOf, newFolder } from '../lab.ts'

const JOHN = { subject: 'CN=JohnDoe,OU=IT' }
const DAY = 86_400_000
const GOOD = { ok: true }

async function setUp(start = Date.now()) {
  const clock = { now: start }
  const folder = newFolder()
  const authority = await openAuthority(folder, { now: () => clock.now })
  const john = chainOf((await authority.client('john', JOHN)).chain)
  await publishStatus(authority.context)
  const [leaf, issuing] = john
  if (!leaf || !issuing) throw new Error('no chain')
  const status = [join(folder, STATUS_FILE)]
  const options = { roots: authority.trust, status, now: () => clock.now }
  return { clock, folder, authority, leaf, sent: [issuing], options }
}

describe('a client certificate', () => {
  it('is good for a client and not for a server, with the CA sent, configured or published', async () => {
    const { authority, leaf, sent, options } = await setUp()
    for (const [more, intermediates] of [
      [{}, []],
      [{ intermediates: authority.issuing, status: [] }, []],
      [{ status: [] }, sent],
    ] as const) {
      const validation = certificateValidation({ ...options, policy: 'soft', ...more })
      expect(validation.validate(leaf, intermediates, 'client')).toEqual(GOOD)
      expect(validation.validate(leaf, intermediates, 'server')).toMatchObject({
        clause: 'RFC5280-4.2.1.12',
      })
    }
    const alone = certificateValidation({ ...options, policy: 'soft', status: [] })
    expect(alone.validate(leaf, [], 'client')).toMatchObject({ clause: 'RFC5280-6.1.3-a4' })
    // Once seen with its chain it is known without: a resumed connection has no chain.
    expect(alone.validate(leaf, sent, 'client')).toEqual(GOOD)
    expect(alone.validate(leaf, [], 'client')).toEqual(GOOD)
  })

  it('is good from the first to the last second of its life', async () => {
    const { leaf, sent, options } = await setUp()
    const validation = certificateValidation({ ...options, policy: 'soft' })
    const [from, to] = [leaf.validFromDate.getTime(), leaf.validToDate.getTime()]
    const clauses = [from - 1, from, to, to + 1].map((at) =>
      validation.validate(leaf, sent, 'client', at),
    )
    const out = { ok: false, clause: 'RFC5280-6.1.3-a2' }
    expect(clauses).toMatchObject([out, GOOD, GOOD, out])
  })
})

describe('revocation', () => {
  it('holds from the next question on, and its end as well', async () => {
    const { authority, leaf, sent, options } = await setUp()
    const validation = certificateValidation(options)
    expect(validation.validate(leaf, sent, 'client')).toEqual(GOOD)
    await revoke(authority, 'john', 'certificateHold')
    expect(validation.validate(leaf, sent, 'client')).toEqual({
      ok: false,
      clause: 'RFC5280-6.1.3-a3',
      reason: 'OU=IT, CN=JohnDoe is revoked',
    })
    await release(authority, 'john')
    expect(validation.validate(leaf, sent, 'client')).toEqual(GOOD)
  })

  it('of the issuing CA refuses all it has signed', async () => {
    const { authority, leaf, sent, options } = await setUp()
    const validation = certificateValidation(options)
    expect(validation.validate(leaf, sent, 'client')).toEqual(GOOD)
    await revoke(authority, 'issuing', 'cACompromise')
    expect(validation.validate(leaf, sent, 'client')).toMatchObject({ clause: 'RFC5280-6.1.3-a3' })
  })

  it('is not undone by an older list', async () => {
    const { folder, authority, leaf, sent, options } = await setUp()
    const old = join(folder, 'old')
    copyFileSync(join(folder, STATUS_FILE), old)
    const validation = certificateValidation(options)
    await revoke(authority, 'john')
    expect(validation.validate(leaf, sent, 'client').ok).toBe(false)
    copyFileSync(old, join(folder, STATUS_FILE))
    expect(validation.validate(leaf, sent, 'client')).toMatchObject({ clause: 'RFC5280-6.1.3-a3' })
  })

  it('is believed only of the CA: the list of a CA with the same name says nothing', async () => {
    const { folder, leaf, sent, options } = await setUp()
    const other = await setUp()
    await revoke(other.authority, 'john')
    copyFileSync(join(other.folder, STATUS_FILE), join(folder, STATUS_FILE))
    const validation = certificateValidation(options)
    expect(validation.validate(leaf, sent, 'client')).toMatchObject({
      clause: 'RFC5280-6.3.3',
      unavailable: true,
    })
  })
})

describe('RFC5280-6.3.3: a list that is missing or stale', () => {
  it('refuses under strict, as unavailable and not ready, and is ignored under soft', async () => {
    const { folder, leaf, sent, options } = await setUp()
    rmSync(join(folder, STATUS_FILE))
    const strict = certificateValidation(options)
    expect(strict.validate(leaf, sent, 'client')).toMatchObject({
      clause: 'RFC5280-6.3.3',
      unavailable: true,
    })
    expect(strict.problems()[0]).toContain('cannot be read (ENOENT)')
    expect(strict.missing()).not.toEqual([])
    const soft = certificateValidation({ ...options, policy: 'soft' })
    expect(soft.validate(leaf, sent, 'client')).toEqual(GOOD)
    expect(soft.problems()).toEqual([])
  })

  it('is stale from nextUpdate on, and not a millisecond before', async () => {
    const { clock, authority, leaf, sent, options } = await setUp()
    const { nextUpdate } = await currentCrl(authority.context, 'issuing')
    const validation = certificateValidation(options)
    clock.now = nextUpdate - 1
    expect(validation.validate(leaf, sent, 'client')).toEqual(GOOD)
    expect(validation.problems()).toEqual([])
    clock.now = nextUpdate
    expect(validation.validate(leaf, sent, 'client')).toMatchObject({ unavailable: true })
    expect(validation.problems()).toHaveLength(1)
    await publishStatus(authority.context)
    expect(validation.validate(leaf, sent, 'client')).toEqual(GOOD)
  })

  it('still revokes under soft', async () => {
    const { clock, authority, leaf, sent, options } = await setUp()
    await revoke(authority, 'john')
    clock.now += 30 * DAY
    const soft = certificateValidation({ ...options, policy: 'soft' })
    expect(soft.validate(leaf, sent, 'client')).toMatchObject({ clause: 'RFC5280-6.1.3-a3' })
  })

  it('of garbage leaves what was known, and says so', async () => {
    const { folder, leaf, sent, options } = await setUp()
    const validation = certificateValidation(options)
    expect(validation.validate(leaf, sent, 'client')).toEqual(GOOD)
    for (const text of ['0garbage', '-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n']) {
      writeFileSync(join(folder, STATUS_FILE), text)
      expect(validation.validate(leaf, sent, 'client')).toEqual(GOOD)
      expect(validation.problems()[0]).toContain('is neither a CRL nor PEM')
    }
    rmSync(join(folder, STATUS_FILE))
    mkdirSync(join(folder, STATUS_FILE))
    expect(validation.validate(leaf, sent, 'client')).toEqual(GOOD)
  })
})

it('lists are fetched from URLs, and again, and a server that is gone leaves what was known', async () => {
  const { authority, leaf, sent, options } = await setUp()
  const server = createServer((request, response) => {
    void currentCrl(authority.context, request.url === '/root' ? 'root' : 'issuing').then(
      ({ der }) => response.end(der),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const status = ['root', 'issuing'].map((name) => `http://127.0.0.1:${port}/${name}`)
  const validation = certificateValidation({ ...options, status, refreshSeconds: 3600 })
  expect(validation.validate(leaf, sent, 'client')).toMatchObject({ unavailable: true })
  await validation.refresh()
  expect(validation.validate(leaf, sent, 'client')).toEqual(GOOD)
  await revoke(authority, 'john')
  await validation.refresh()
  expect(validation.validate(leaf, sent, 'client')).toMatchObject({ clause: 'RFC5280-6.1.3-a3' })
  server.closeAllConnections()
  server.close()
  await validation.refresh()
  expect(validation.problems()).toHaveLength(2)
  expect(validation.missing()).toEqual([]) // what was fetched is in force
  expect(validation.validate(leaf, sent, 'client')).toMatchObject({ clause: 'RFC5280-6.1.3-a3' })
  validation.close()
})

it('an answer without an end is given up', async () => {
  const { leaf, sent, options } = await setUp()
  const server = createServer((_, response) => {
    const more = Buffer.alloc(1024 * 1024, 0x30)
    const write = (): void => {
      while (!response.closed && response.write(more)) continue
    }
    response.on('drain', write)
    write()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/crl`
  const validation = certificateValidation({ ...options, status: [url], refreshSeconds: 3600 })
  await validation.refresh()
  expect(validation.problems()[0]).toContain('more than 33554432 bytes')
  expect(validation.validate(leaf, sent, 'client')).toMatchObject({ unavailable: true })
  server.closeAllConnections()
  server.close()
  validation.close()
})

describe('a path', async () => {
  const now = Date.now()
  const key = await generateKey('EC-P256')
  const make = async (
    subject: string,
    profile: Profile,
    issuer?: { readonly certificate: string; readonly key: typeof key },
  ) => ({
    key,
    certificate: await issue({
      profile,
      subject: encodeName(parseName(subject)),
      key,
      issuer,
      validity: validityOf(profile, now),
    }),
  })
  type Made = Awaited<ReturnType<typeof make>>
  const judge = (root: Made, leaf: Made, between: readonly Made[]) => {
    const validation = certificateValidation({
      roots: root.certificate,
      status: [],
      policy: 'soft',
      refreshSeconds: 3600,
    })
    const [subject, ...sent] = [leaf, ...between].map((one) => new X509Certificate(one.certificate))
    if (!subject) throw new Error('none')
    const verdict = validation.validate(subject, sent, 'client')
    return verdict.ok ? 'good' : verdict.clause
  }
  const CA: Profile = PROFILES.issuing
  const endless: Profile = { ...PROFILES.root, pathLength: 9 }
  const root = await make('CN=R', endless)

  // oxfmt-ignore
  const EDITS: readonly (readonly [string, Profile, string])[] = [
    ['nothing',                        CA,                                                        'good'],
    ['an intermediate that is no CA',  { ...PROFILES.client, keyUsage: ['digitalSignature', 'keyCertSign'] }, 'RFC5280-6.1.4-k'],
    ['an intermediate that may not sign', { ...CA, keyUsage: ['cRLSign'] },                       'RFC5280-6.1.4-n'],
    ['an intermediate for servers',    { ...CA, extendedKeyUsage: PROFILES.server.extendedKeyUsage }, 'RFC5280-4.2.1.12'],
  ]
  it.each(EDITS)('with %s', async (_, profile, expected) => {
    const between = await make('CN=I', profile, root)
    expect(judge(root, await make('CN=L', PROFILES.client, between), [between])).toBe(expected)
  })

  it('RFC5280-6.1.4-m holds: as many CAs below as pathLen says, and not one more', async () => {
    const short = await make('CN=S', PROFILES.root)
    const first = await make('CN=I1', { ...CA, pathLength: 1 }, short)
    const second = await make('CN=I2', CA, first)
    expect(judge(short, await make('CN=L', PROFILES.client, first), [first])).toBe('good')
    const below = await make('CN=L', PROFILES.client, second)
    expect(judge(short, below, [first, second])).toBe('RFC5280-6.1.4-m')
    expect(judge(root, await make('CN=L', PROFILES.client, first), [first])).toBe(
      'RFC5280-6.1.3-a4',
    )
  })

  it('that goes in a circle, or is very long, ends', async () => {
    const b = await make('CN=B', endless)
    const a = await make('CN=A', endless, b)
    const crossed = await make('CN=B', endless, a)
    expect(judge(root, await make('CN=L', PROFILES.client, a), [a, crossed, b])).toBe(
      'RFC5280-6.1.3-a4',
    )
    let last = root
    const chain: Made[] = []
    for (let index = 0; index < 8; index += 1) {
      last = await make(`CN=I${index}`, endless, last)
      chain.push(last)
    }
    expect(judge(root, await make('CN=L', PROFILES.client, last), chain)).not.toBe('good')
  })

  it('is not sought for long among CAs that a peer has made by the dozen', async () => {
    const own = await make('CN=A', endless)
    const same = await Promise.all(Array.from({ length: 9 }, () => make('CN=A', endless, own)))
    const [leaf, ...sent] = [await make('CN=L', PROFILES.client, own), ...same].map(
      (one) => new X509Certificate(one.certificate),
    )
    const validation = certificateValidation({
      roots: root.certificate,
      intermediates: (await make('CN=A', endless, root)).certificate,
      status: [],
      policy: 'soft',
      refreshSeconds: 3600,
    })
    if (!leaf) throw new Error('none')
    // What is configured comes first: nobody's chain is hidden by what a peer adds to it.
    expect(validation.validate(leaf, sent, 'client')).toEqual(GOOD)
    expect(judge(root, await make('CN=L', PROFILES.client, own), same)).toBe('RFC5280-6.1.3-a4')
    const alone = { roots: root.certificate, status: [], refreshSeconds: 3600 }
    expect(certificateValidation(alone).validate(leaf, sent, 'client')).toMatchObject({
      reason: 'too many CAs bear one name',
    })
  })

  it('is found among several CAs of one name, whichever comes first', async () => {
    const { authority, leaf, sent, options } = await setUp()
    const validation = certificateValidation({ ...options, policy: 'soft', status: [] })
    const honest = await authority.client('john', JOHN)
    const twins = await Promise.all([twin(authority, honest), twin(authority, honest)])
    const impostors = twins.flatMap(({ chain }) => chainOf(chain).slice(1))
    expect(validation.validate(leaf, [...impostors, ...sent], 'client')).toEqual(GOOD)
    const [foreign] = chainOf(twins[0].chain)
    expect(
      foreign && validation.validate(foreign, [...sent, ...impostors], 'client'),
    ).toMatchObject({ clause: 'RFC5280-6.1.3-a1' })
  })

  it('of a certificate changed anywhere is refused, and never throws', async () => {
    const { leaf, sent, options } = await setUp()
    const validation = certificateValidation({ ...options, policy: 'soft' })
    for (let at = 0; at < leaf.raw.length; at += 1) {
      const changed = Buffer.from(leaf.raw)
      changed[at] = (changed[at] ?? 0) ^ 0x01
      let read: X509Certificate | undefined
      try {
        read = new X509Certificate(changed)
      } catch {
        continue // Node does not read it either: no such certificate comes from a socket
      }
      expect([at, validation.validate(read, sent, 'client').ok]).toEqual([at, false])
    }
    expect(validation.validate(leaf, sent, 'client')).toEqual(GOOD)
  })
})

it('roots that are not PEM are refused at once, and an expired leaf is told from its subject alone', async () => {
  expect(() => certificateValidation({ roots: '', status: [] })).toThrow(TypeError)
  const { authority, options } = await setUp()
  const { chain } = await expired(authority, await authority.client('john', JOHN))
  const [leaf, ...sent] = chainOf(chain)
  const verdict = leaf && certificateValidation(options).validate(leaf, sent, 'client')
  expect(verdict).toMatchObject({ reason: expect.stringMatching(/^OU=IT, CN=JohnDoe has expired/) })
  expect(pemOf('CERTIFICATE', leaf?.raw ?? Buffer.alloc(0)).trim()).toBe(leaf?.toString().trim())
})
