import { X509Certificate } from 'node:crypto'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeCrl } from '../src/encoding/crl.ts'
import { twin } from '../src/fixtures.ts'
import {
  type Authority,
  currentCrl,
  KEY_TYPES,
  openAuthority,
  publishStatus,
  release,
  REVOCATION_REASONS,
  type RevocationReason,
  revoke,
  STATUS_FILE,
} from '../src/index.ts'
import { pemBlocks } from '../src/encoding/pem.ts'
import { newFolder, openssl, snapshot, verifyClient } from './lab.ts'

const JOHN = { subject: 'CN=JohnDoe,OU=IT' }
const DAY = 86_400_000

const serialOf = (pem: string): string => new X509Certificate(pem).serialNumber

function withLists({ context }: Authority): string[] {
  return ['-crl_check_all', '-CRLfile', join(context.folder, STATUS_FILE)]
}

async function list(authority: Authority, name = 'issuing'): Promise<string[]> {
  return [...(await currentCrl(authority.context, name)).entries.keys()].toSorted()
}

describe.each(KEY_TYPES)('a CRL signed with a %s key', async (keyType) => {
  const authority = await openAuthority(newFolder(), { keyType })
  const john = await authority.client('john', JOHN)
  const jane = await authority.client('jane', JOHN)
  await publishStatus(authority.context)

  it('is checked by openssl -crl_check_all, which refuses what is on it and nothing else', async () => {
    expect(verifyClient(authority, john.chain, withLists(authority)).output).toContain('OK')
    await revoke(authority, 'john', 'keyCompromise')
    expect(verifyClient(authority, john.chain, withLists(authority)).output).toContain(
      'certificate revoked',
    )
    expect(verifyClient(authority, jane.chain, withLists(authority)).output).toContain('OK')
    const { der } = await currentCrl(authority.context, 'issuing')
    const file = join(newFolder(), 'crl.der')
    writeFileSync(file, der)
    const { output } = openssl(['crl', '-inform', 'DER', '-in', file, '-noout', '-text'])
    expect(output).toMatch(/X509v3 CRL Number: \n\s+2\n/)
    expect(output).toContain('Key Compromise')
  })
})

describe('revoking', () => {
  it.each(Object.keys(REVOCATION_REASONS))(
    'for %s is on the list with its reason',
    async (text) => {
      const reason = Object.keys(REVOCATION_REASONS).find(
        (one): one is RevocationReason => one === text,
      )
      const authority = await openAuthority(newFolder())
      const { certificate } = await authority.client('john', JOHN)
      await revoke(authority, certificate, reason)
      const { entries } = await currentCrl(authority.context, 'issuing')
      expect([...entries]).toEqual([
        [serialOf(certificate), REVOCATION_REASONS[reason ?? 'unspecified']],
      ])
    },
  )

  it('is by PEM, by serial number, by name, and of every certificate ever issued', async () => {
    const authority = await openAuthority(newFolder())
    const first = await authority.client('john', JOHN)
    const second = await authority.client('john', { subject: 'CN=John' })
    await authority.server('john')
    const third = await authority.client('jane', JOHN)
    await revoke(authority, first.certificate)
    await revoke(
      authority,
      serialOf(second.certificate)
        .toLowerCase()
        .replaceAll(/(..)\B/g, '$1:'),
    )
    await revoke(authority, 'clients/jane')
    const all = [first, second, third].map(({ certificate }) => serialOf(certificate))
    expect(await list(authority)).toEqual(all.toSorted())
  })

  it('twice answers the first; a hold can be released or become final', async () => {
    const authority = await openAuthority(newFolder())
    const { certificate } = await authority.client('john', JOHN)
    await revoke(authority, 'john', 'certificateHold')
    expect((await authority.client('john', JOHN)).certificate).toBe(certificate)
    await release(authority, 'john')
    expect(await list(authority)).toEqual([])
    await revoke(authority, 'john', 'certificateHold')
    await revoke(authority, 'john', 'superseded')
    expect((await revoke(authority, 'john', 'keyCompromise')).reason).toBe('superseded')
    await expect(release(authority, certificate)).rejects.toMatchObject({ code: 'bad-request' })
  })

  it('refuses what is not ours, a twin with our serial number included, and is then untouched', async () => {
    const authority = await openAuthority(newFolder())
    const john = await authority.client('john', JOHN)
    const before = snapshot(authority.context.folder)
    const foreign = await twin(authority, john)
    for (const which of [foreign.certificate, 'nobody', '../john', 'AB12', '', 'root']) {
      await expect(revoke(authority, which)).rejects.toMatchObject({ code: 'unknown' })
    }
    // @ts-expect-error: not a reason
    await expect(revoke(authority, 'john', 'removeFromCRL')).rejects.toMatchObject({
      code: 'bad-request',
    })
    expect(snapshot(authority.context.folder)).toEqual(before)
  })

  it('makes the next asking for it get another certificate, with a new key after a compromise', async () => {
    const authority = await openAuthority(newFolder())
    const first = await authority.client('john', JOHN)
    await revoke(authority, 'john', 'cessationOfOperation')
    const second = await authority.client('john', JOHN)
    expect(second.certificate).not.toBe(first.certificate)
    expect(second.key).toBe(first.key)
    await revoke(authority, 'john', 'keyCompromise')
    const third = await authority.client('john', JOHN)
    expect(third.key).not.toBe(first.key)
    expect(verifyClient(authority, third.chain, withLists(authority)).output).toContain('OK')
  })
})

describe('the list', () => {
  it('keeps its number while nothing changes, and gets the next when it is half over', async () => {
    const start = Date.now()
    let now = start
    const authority = await openAuthority(newFolder(), { now: () => now })
    const number = async () => Number((await currentCrl(authority.context, 'issuing')).number)
    expect(await number()).toBe(1)
    now = start + DAY / 2 - 2000
    expect(await number()).toBe(1)
    now = start + DAY / 2 + 1000
    expect(await number()).toBe(2)
    now = start // the clock was set back: a list from the future is none
    expect(await number()).toBe(3)
  })

  it('keeps the last ten, and counts on', async () => {
    const authority = await openAuthority(newFolder())
    for (let index = 0; index < 12; index += 1) {
      await authority.client(`c${index}`, JOHN)
      await revoke(authority, `c${index}`)
    }
    const files = readdirSync(join(authority.context.folder, 'crl/issuing')).toSorted()
    expect(files).toHaveLength(10)
    expect(files.at(-1)).toBe('0000000012.crl.pem')
  })

  it('is missing nothing when many authorities on one folder revoke at once', async () => {
    const folder = newFolder()
    const many = await Promise.all(Array.from({ length: 6 }, () => openAuthority(folder)))
    await Promise.all(many.map((one, index) => one.client(`c${index}`, JOHN)))
    await Promise.all(many.map((one, index) => revoke(one, `c${index}`)))
    const [first] = many
    if (!first) throw new Error('none')
    expect(await list(first)).toHaveLength(6)
    const status = pemBlocks('X509 CRL', readFileSync(join(folder, STATUS_FILE), 'latin1'))
    expect(status.map((der) => decodeCrl(der).entries.size)).toEqual([0, 6])
    const numbers = readdirSync(join(folder, 'crl/issuing'))
    expect(new Set(numbers).size).toBe(numbers.length)
  })

  it('sees what another process has revoked', async () => {
    const folder = newFolder()
    const [here, there] = [await openAuthority(folder), await openAuthority(folder)]
    await here.client('john', JOHN)
    expect(await list(there)).toEqual([])
    await revoke(here, 'john')
    expect(await list(there)).toHaveLength(1)
  })

  it.each(['crl', 'status.pem', 'revoked', 'issued'])(
    'and all else survives the loss of %s',
    async (lost) => {
      const folder = newFolder()
      const before = await openAuthority(folder)
      await before.client('john', JOHN)
      await before.client('jane', JOHN)
      await revoke(before, 'john')
      const copy = newFolder()
      cpSync(folder, copy, { recursive: true })
      rmSync(join(copy, lost), { recursive: true })
      const after = await openAuthority(copy)
      expect(await list(after)).toHaveLength(lost === 'revoked' ? 0 : 1)
      await revoke(after, 'jane')
      expect(await list(after)).toHaveLength(lost === 'revoked' ? 1 : 2)
    },
  )

  it.each(['', 'garbage', '{}', '{"serial":"AB"}'])(
    'refuses a revocation file of %j',
    async (text) => {
      const authority = await openAuthority(newFolder())
      const { certificate } = await authority.client('john', JOHN)
      await revoke(authority, 'john')
      writeFileSync(join(authority.context.folder, `revoked/${serialOf(certificate)}.json`), text)
      const again = await openAuthority(authority.context.folder)
      await expect(currentCrl(again.context, 'issuing')).rejects.toMatchObject({ code: 'corrupt' })
    },
  )

  it('of the issuing CA does not wait for a root key that is kept elsewhere', async () => {
    const folder = newFolder()
    await openAuthority(folder).then((authority) => authority.client('john', JOHN))
    rmSync(join(folder, 'root.key.pem'))
    const authority = await openAuthority(folder)
    await revoke(authority, 'john')
    const lists = pemBlocks('X509 CRL', readFileSync(join(folder, STATUS_FILE), 'latin1'))
    expect(lists.map((der) => decodeCrl(der).entries.size)).toEqual([1])
  })

  it('of the root needs the root key, and says so', async () => {
    const folder = newFolder()
    await openAuthority(folder)
    rmSync(join(folder, 'root.key.pem'))
    const { context } = await openAuthority(folder)
    await expect(currentCrl(context, 'root')).rejects.toMatchObject({
      code: 'missing-key',
      file: join(folder, 'root.key.pem'),
    })
  })
})

it('a CRL that was cut off or changed anywhere is refused or unsigned, and never throws anything else', async () => {
  const { MalformedDer } = await import('../src/encoding/der.ts')
  const { isSignedBy } = await import('../src/encoding/signature.ts')
  const authority = await openAuthority(newFolder())
  await authority.client('john', JOHN)
  await revoke(authority, 'john')
  const { der } = await currentCrl(authority.context, 'issuing')
  const key = new X509Certificate(authority.issuing).publicKey
  const passes = (bytes: Buffer): boolean => {
    try {
      return isSignedBy(decodeCrl(bytes).signed, key)
    } catch (error) {
      if (error instanceof MalformedDer) return false
      throw error
    }
  }
  for (let at = 0; at < der.length; at += 1) {
    expect(passes(der.subarray(0, at))).toBe(false)
    const changed = Buffer.from(der)
    changed[at] = (changed[at] ?? 0) ^ 0x01
    expect(passes(changed)).toBe(false)
  }
  expect(passes(der)).toBe(true)
})
