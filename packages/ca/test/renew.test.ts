import { X509Certificate } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeCsr } from '../src/encoding/make-csr.ts'
import {
  openAuthority,
  publishStatus,
  renew,
  revoke,
  rotate,
  signRequest,
  STATUS_FILE,
} from '../src/index.ts'
import { generateKey } from '../src/encoding/key-types.ts'
import { certificateValidation } from '../src/validation.ts'
import { chainOf, newFolder, snapshot, verifyClient } from './lab.ts'

const JOHN = { subject: 'CN=John\\, Doe,OU=IT', dns: ['john.example'], ip: ['::1'] }
const keyOf = (pem: string) => new X509Certificate(pem).publicKey.export({ format: 'jwk' })

describe('renewing', () => {
  it.each(['same key', 'new key'] as const)('with the %s keeps names and profile', async (key) => {
    const authority = await openAuthority(newFolder())
    const before = await authority.client('john', JOHN)
    const renewed = await renew(authority, 'john', key)
    expect(renewed.certificate).not.toBe(before.certificate)
    expect(renewed.key === before.key).toBe(key === 'same key')
    const after = await authority.client('john', JOHN)
    expect(after.certificate).toBe(renewed.certificate)
    expect(verifyClient(authority, before.chain).output).toContain('OK')
    expect(verifyClient(authority, after.chain).output).toContain('OK')
  })

  it('of servers, self-signed certificates and CSRs; a CSR has no new key to give', async () => {
    const authority = await openAuthority(newFolder())
    const server = await authority.server('localhost')
    expect(keyOf((await renew(authority, 'servers/localhost')).certificate)).toEqual(
      keyOf(server.certificate),
    )
    const solo = await authority.selfSigned('solo', { subject: 'CN=solo' })
    const again = await renew(authority, 'self-signed/solo', 'new key')
    expect(keyOf(again.certificate)).not.toEqual(keyOf(solo.certificate))
    const csr = await makeCsr(await generateKey('EC-P256'), { ...JOHN, alternativeNames: {} })
    const signed = await signRequest(authority, csr, 'client')
    const next = await renew(authority, signed.serial)
    expect(keyOf(next.certificate)).toEqual(keyOf(signed.certificate))
    expect(next.key).toBeUndefined()
    await expect(renew(authority, signed.serial, 'new key')).rejects.toMatchObject({
      code: 'bad-request',
    })
    for (const which of ['nobody', 'self-signed/nobody', 'self-signed/../root']) {
      await expect(renew(authority, which)).rejects.toMatchObject({ code: 'unknown' })
    }
    await expect(renew(authority, 'issuing')).rejects.toMatchObject({ code: 'bad-request' })
  })
})

describe('rotating the issuing CA', () => {
  it('leaves both good: what the first has signed, and what the second signs', async () => {
    const authority = await openAuthority(newFolder())
    const old = await authority.client('john', JOHN)
    await publishStatus(authority.context)
    const validation = certificateValidation({
      roots: authority.trust,
      status: [join(authority.context.folder, STATUS_FILE)],
    })
    await rotate(authority)
    const kept = await authority.client('john', JOHN)
    expect(kept.certificate).toBe(old.certificate)
    expect(kept.chain).toBe(old.chain)
    const fresh = await authority.client('jane', JOHN)
    expect(chainOf(fresh.chain)[1]?.subject).toContain('Holdfast Issuing CA 2')
    const lists = ['-crl_check_all', '-CRLfile', join(authority.context.folder, STATUS_FILE)]
    for (const { chain } of [kept, fresh]) {
      expect(verifyClient(authority, chain, lists).output).toContain('OK')
      const [leaf, ...sent] = chainOf(chain)
      expect(leaf && validation.validate(leaf, sent, 'client')).toEqual({ ok: true })
      // Resumed, on a server that has never seen the chain: the status file has the CAs as well.
      expect(leaf && validation.validate(leaf, [], 'client')).toEqual({ ok: true })
    }
    await revoke(authority, 'john')
    await revoke(authority, 'jane')
    for (const { chain } of [kept, fresh]) {
      expect(verifyClient(authority, chain, lists).output).toContain('certificate revoked')
    }
  })

  it('is seen by another process, and moves a revoked CA out of the way', async () => {
    const folder = newFolder()
    const [here, there] = [await openAuthority(folder), await openAuthority(folder)]
    const old = await here.client('john', JOHN)
    await revoke(here, 'issuing', 'cACompromise')
    await expect(there.client('jane', JOHN)).rejects.toMatchObject({ code: 'revoked' })
    await rotate(here)
    expect(chainOf((await there.client('jane', JOHN)).chain)[1]?.subject).toContain('CA 2')
    const replaced = await there.client('john', JOHN)
    expect(replaced.certificate).not.toBe(old.certificate)
    expect(chainOf(replaced.chain)[1]?.subject).toContain('CA 2')
  })

  it('twice makes a third; at once makes one; cut short it is finished the next time', async () => {
    const folder = newFolder()
    const many = await Promise.all([1, 2, 3].map(() => openAuthority(folder)))
    const made = await Promise.all(many.map((one) => rotate(one)))
    expect(new Set(made).size).toBe(1)
    const [first] = many
    if (!first) throw new Error('none')
    await rotate(first)
    expect(chainOf(first.issuing)[0]?.subject).toContain('CA 3')
    rmSync(join(folder, 'issuing-3.certificate.pem'))
    const key = readFileSync(join(folder, 'issuing-3.key.pem'), 'utf8')
    const after = await openAuthority(folder)
    expect(chainOf(after.issuing)[0]?.subject).toContain('CA 2')
    await rotate(after)
    expect(readFileSync(join(folder, 'issuing-3.key.pem'), 'utf8')).toBe(key)
    const before = snapshot(folder)
    await openAuthority(folder)
    expect(snapshot(folder)).toEqual(before)
  })
})
