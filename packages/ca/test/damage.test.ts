/** Full disks, read-only folders, kills: a clear error, and nothing half written. */
import { spawn } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { currentCrl, list, openAuthority, renew, revoke, rotate } from '../src/index.ts'
import { newFolder, run, snapshot, verifyClient } from './lab.ts'

const JOHN = { subject: 'CN=JohnDoe,OU=IT' }
const SOURCE = new URL('../src/index.ts', import.meta.url).href

const mount = (...args: string[]): boolean => run('mount', args).ok
const unmount = (folder: string): void => void run('umount', [folder])

/** Every file whole: certificates and keys parse, no CRL or revocation is cut off. */
async function expectWhole(folder: string): Promise<void> {
  const authority = await openAuthority(folder)
  await list(authority)
  await currentCrl(authority.context, 'issuing')
  const john = await authority.client('john', JOHN)
  expect(verifyClient(authority, john.chain).output).toContain('OK')
  for (const name of ['shared-0', 'shared-1']) {
    const { certificate, chain, key } = await authority.client(name, JOHN)
    expect(new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))).toBe(true)
    expect(chain.startsWith(certificate)).toBe(true)
  }
}

describe('a disk', () => {
  it('that has no room for a folder is an AuthorityError, and is not tried for ever', async () => {
    // Nothing can be made below /proc, and mkdir says there that something is missing.
    await expect(openAuthority('/proc/holdfast/ca')).rejects.toMatchObject({
      name: 'AuthorityError',
      code: 'unwritable',
      file: '/proc/holdfast/ca',
    })
  })

  it('that is full is an AuthorityError, and what stood on it still works', async (context) => {
    const folder = newFolder()
    if (!mount('-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', folder))
      context.skip('cannot mount a tmpfs here')
    try {
      const authority = await openAuthority(folder)
      const issued: string[] = []
      const error: unknown = await (async () => {
        for (let index = 0; index < 100; index += 1) {
          const { certificate } = await authority.client(`c${index}`, JOHN)
          issued.push(certificate)
        }
        return undefined
      })().catch((reason: unknown) => reason)
      expect(error).toMatchObject({
        name: 'AuthorityError',
        code: 'unwritable',
        problem: 'cannot be written (ENOSPC)',
        remedy: 'Make room on its disk, or choose another folder',
      })
      expect(issued.length).toBeGreaterThan(3)
      const files = Object.entries(snapshot(folder))
      expect(files.filter(([path]) => path.endsWith('.tmp'))).toEqual([])
      for (const [path, text] of files)
        expect([path, text.endsWith('-----\n')]).toEqual([path, true])
      const again = await openAuthority(folder)
      expect((await again.client('c0', JOHN)).certificate).toBe(issued[0])
    } finally {
      unmount(folder)
    }
  })

  it('that is read-only serves what is there, and refuses what would change it', async (context) => {
    const folder = newFolder()
    await openAuthority(folder).then((authority) => authority.client('john', JOHN))
    // Root ignores permissions: only a mount is read-only for everybody.
    if (!mount('--bind', folder, folder)) context.skip('cannot mount here')
    if (!mount('-o', 'remount,ro,bind', folder)) unmount(folder)
    try {
      const before = snapshot(folder)
      const authority = await openAuthority(folder)
      await authority.client('john', JOHN)
      const refused = { code: 'unwritable', problem: 'cannot be written (EROFS)' }
      await expect(authority.client('jane', JOHN)).rejects.toMatchObject(refused)
      await expect(revoke(authority, 'john')).rejects.toMatchObject(refused)
      await expect(renew(authority, 'john')).rejects.toMatchObject(refused)
      await expect(rotate(authority)).rejects.toMatchObject(refused)
      expect(snapshot(folder)).toEqual(before)
    } finally {
      unmount(folder)
    }
  })
})

/** In a process of its own: issues, renews and revokes until it is killed. */
const BUSY = `
import { openAuthority, renew, revoke } from ${JSON.stringify(SOURCE)}
const authority = await openAuthority(process.argv[1])
process.stdout.write('.')
for (let index = 0; ; index += 1) {
  const name = 'shared-' + (index % 2)
  await authority.client(name, { subject: 'CN=x' })
  await renew(authority, name, index % 2 ? 'new key' : 'same key')
  await revoke(authority, name, index % 3 ? 'keyCompromise' : 'superseded')
}
`
function busy(folder: string) {
  return spawn(process.execPath, ['--input-type=module', '-e', BUSY, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

describe('two processes on one folder', () => {
  it(
    'killed at any moment leave it whole; no serial and no CRL number was given twice',
    { timeout: 60_000 },
    async () => {
      const folder = newFolder()
      mkdirSync(folder, { recursive: true })
      for (const delay of [3, 40, 110, 170]) {
        const pair = [busy(folder), busy(folder)]
        await Promise.all(pair.map((child) => once(child.stdout, 'data')))
        await new Promise((resolve) => {
          setTimeout(resolve, delay)
        })
        // None has ended by itself: that would be an error that two of them make.
        expect(pair.map(({ exitCode }) => exitCode)).toEqual([null, null])
        const gone = Promise.all(pair.map((child) => once(child, 'exit')))
        for (const child of pair) child.kill('SIGKILL')
        await gone
        await expectWhole(folder)
      }
      const authority = await openAuthority(folder)
      const rows = await list(authority)
      const serials = rows.map(({ serial }) => serial)
      expect(new Set(serials).size).toBe(serials.length)
      // What was said to be revoked is on the list, whoever was killed after saying it.
      const revoked = readdirSync(join(folder, 'revoked')).filter((file) => file.endsWith('.json'))
      const { entries } = await currentCrl(authority.context, 'issuing')
      expect(entries.size).toBe(revoked.length)
      for (const file of readdirSync(join(folder, 'issued'))) {
        if (file.startsWith('.')) continue // a temporary of one who was killed
        const { serialNumber } = new X509Certificate(readFileSync(join(folder, 'issued', file)))
        expect(`${serialNumber}.pem`).toBe(file)
      }
    },
  )
})
