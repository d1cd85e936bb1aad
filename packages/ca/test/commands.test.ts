import { X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as commands from '../src/commands.ts'
import { openAuthority, trustSteps } from '../src/index.ts'
import { chainOf, newFolder, openssl, run, snapshot } from './lab.ts'

const DAY = 86_400_000
const START = Date.now()

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
/** A member of what a command has answered, by path. */
function at(result: commands.CommandResult, ...path: (string | number)[]): unknown {
  let value = result.json
  for (const step of path) value = isRecord(value) ? value[step] : undefined
  return value
}

describe('commands', async () => {
  const folder = newFolder()
  let now = START
  const place = { folder, now: () => now }
  await commands.init(place)

  it('init answers the paths and the fingerprint, and again the same', async () => {
    const first = await commands.init(place)
    expect(first).toEqual(await commands.init(place))
    const root = readFileSync(join(folder, 'root.certificate.pem'))
    expect(at(first, 'rootFingerprint')).toBe(new X509Certificate(root).fingerprint256)
    expect(first.lines.at(-1)).toContain(new X509Certificate(root).fingerprint256)
  })

  it('a name that a client and a server have is not guessed at', async () => {
    await commands.issue(place, { name: 'both', profile: 'client' })
    await commands.issue(place, { name: 'both', profile: 'server', dns: ['both.example'] })
    await expect(commands.revoke(place, { which: 'both', reason: 'superseded' })).rejects.toThrow(
      `${folder}: has clients/both and servers/both. Say which of them is meant.`,
    )
    const shown = await commands.show(place, { which: 'servers/both' })
    expect([at(shown, 'name'), at(shown, 'status')]).toEqual(['servers/both', 'good'])
  })

  it('issue, list, show, revoke, crl and release tell of the same certificate', async () => {
    const subject = 'CN=JohnDoe,OU=IT'
    const issued = await commands.issue(place, {
      name: 'john',
      profile: 'client',
      subject,
      dns: ['j.example'],
    })
    const serial = String(at(issued, 'serial'))
    const { lines } = await commands.list(place)
    expect(lines[0]).toMatch(/^NAME +SUBJECT +PROFILE +KEY +DAYS LEFT +STATUS +SERIAL$/)
    expect(lines.find((line) => line.includes(serial))).toMatch(
      /^clients\/john +CN=JohnDoe,OU=IT +client +EC-P256 +396 +good +/,
    )
    const shown = await commands.show(place, { which: 'john' })
    expect(shown.lines.join('\n')).toMatch(/tls_client_auth_subject_dn +CN=JohnDoe,OU=IT\n/)
    expect(shown.lines.join('\n')).toMatch(/tls_client_auth_san_dns +j\.example\n/)
    await commands.revoke(place, { which: serial, reason: 'certificateHold' })
    expect(at(await commands.crl(place), 'revoked')).toEqual([
      { serial, reason: 'certificateHold' },
    ])
    expect((await commands.list(place)).lines.join('\n')).toContain('on hold (certificateHold)')
    await commands.release(place, { which: 'john' })
    expect(at(await commands.crl(place, { ca: 'issuing' }), 'revoked')).toEqual([])
    now = START + 400 * DAY
    expect(at(await commands.show(place, { which: 'john' }), 'status')).toBe('expired')
    now = START
  })

  it('csr is made and signed, and its key is never replaced', async () => {
    const out = join(newFolder(), 'mine')
    await commands.makeRequest({ subject: 'CN=mine', out, uri: ['https://mine.example'] })
    expect(statSync(`${out}.key.pem`).mode & 0o777).toBe(0o600)
    const csr = readFileSync(`${out}.csr.pem`)
    const signed = await commands.signCsr(place, { csr, profile: 'client' })
    expect(chainOf(signed.lines.join('\n'))).toHaveLength(2)
    await expect(commands.makeRequest({ subject: 'CN=mine', out })).rejects.toMatchObject({
      code: 'unwritable',
    })
    await expect(commands.makeRequest({ subject: 'mine', out: `${out}2` })).rejects.toMatchObject({
      code: 'bad-request',
    })
    const renewed = await commands.renew(place, { which: String(at(signed, 'serial')) })
    expect(renewed.lines[0]).toMatch(/^serial {2}[0-9A-F]+$/)
  })

  it('export writes what is asked for; a file with a key is for its owner alone', async () => {
    await commands.issue(place, { name: 'exported', profile: 'client' })
    const out = join(newFolder(), 'john.p12')
    const wish = { which: 'exported', format: 'p12', passphrase: 'lab', out } as const
    await commands.exportBundle(place, wish)
    expect(statSync(out).mode & 0o777).toBe(0o600)
    expect(openssl(['pkcs12', '-in', out, '-passin', 'pass:lab', '-noenc']).ok).toBe(true)
    const pem = await commands.exportBundle(place, {
      which: 'exported',
      format: 'pem',
      withKey: true,
    })
    expect(pem.lines.join('\n')).toContain('PRIVATE KEY')
    const root = await commands.exportBundle(place, { which: 'root', format: 'pem' })
    expect(root.lines.join('\n')).not.toContain('PRIVATE KEY')
    await commands.issue(place, { name: 'solo', profile: 'selfSigned' })
    const jwks = await commands.exportBundle(place, { which: 'self-signed/solo', format: 'jwks' })
    expect(jwks.lines.join('\n')).toContain('x5t#S256')
    for (const which of ['self-signed/nobody', 'root.key', '../root']) {
      await expect(commands.exportBundle(place, { which, format: 'pem' })).rejects.toMatchObject({
        name: 'AuthorityError',
      })
    }
  })

  it('fixtures are listed, or written with their keys', async () => {
    const { lines } = await commands.writeFixtures(place)
    const out = newFolder()
    await commands.writeFixtures(place, { out })
    expect(Object.keys(snapshot(out))).toHaveLength(2 * lines.length)
  })

  it('rotate names who signs and who has signed; list --all has the responders and the replaced', async () => {
    await commands.renew(place, { which: 'exported' })
    const rotated = await commands.rotate(place)
    expect(rotated.json).toMatchObject({ issuing: 'issuing-2', before: ['issuing'] })
    const [some, all] = [await commands.list(place), await commands.list(place, { all: true })]
    expect(all.lines.length).toBeGreaterThan(some.lines.length)
    expect(some.lines.join('\n')).toMatch(/issuing-2 +CN=Holdfast Issuing CA 2/)
    expect(JSON.parse(JSON.stringify(all.json))).toEqual(all.json)
  })

  const { list, crl, rotate } = commands
  it.each([list, crl, rotate])('%o of a folder that is a file is refused', async (command) => {
    const file = join(newFolder(), 'file')
    writeFileSync(file, '')
    await expect(command({ folder: file })).rejects.toMatchObject({
      name: 'AuthorityError',
    })
  })
})

describe('trust', async () => {
  const authority = await openAuthority(newFolder())
  const { folder } = authority.context

  it('of the system is a file under its prefix, taken away again', async () => {
    const prefix = newFolder()
    const home = join(prefix, 'usr/local/share/ca-certificates')
    mkdirSync(home, { recursive: true })
    const wish = { stores: ['system'], prefix, platform: 'linux' } as const
    const printed = await commands.trust({ folder }, { ...wish, action: 'print' })
    expect(snapshot(prefix)).toEqual({})
    expect(printed.lines[1]).toBe('update-ca-certificates')
    await commands.trust({ folder }, { ...wish, action: 'install' })
    const [[path, text] = []] = Object.entries(snapshot(prefix))
    expect(path).toMatch(/\/holdfast-[0-9A-F]{12}\.crt$/)
    expect(text).toBe(authority.trust)
    await commands.trust({ folder }, { ...wish, action: 'remove' })
    await commands.trust({ folder }, { ...wish, action: 'remove' })
    expect(snapshot(prefix)).toEqual({})
  })

  it('of macOS and of Node is said, and of an unknown system refused', async () => {
    const mac = await trustSteps(authority, 'install', { stores: ['system'], platform: 'darwin' })
    expect(mac[0]?.lines[0]).toMatch(/^security add-trusted-cert -d -r trustRoot/)
    const undo = await trustSteps(authority, 'remove', { stores: ['system'], platform: 'darwin' })
    expect(undo[0]?.lines[0]).toMatch(/^security remove-trusted-cert -d/)
    const node = await commands.trust({ folder }, { stores: ['node'], action: 'install' })
    expect(node.lines).toEqual([
      `export NODE_EXTRA_CA_CERTS=${join(folder, 'root.certificate.pem')}`,
    ])
    for (const wish of [
      { platform: 'win32' },
      { platform: 'linux', prefix: newFolder() },
    ] as const) {
      await expect(
        trustSteps(authority, 'install', { stores: ['system'], ...wish }),
      ).rejects.toMatchObject({ code: 'missing-tool' })
    }
  })

  it('of an NSS database is by certutil, for TLS servers only, and undone', async (context) => {
    if (run('certutil', ['-h']).missing) context.skip('certutil (libnss3-tools) is missing')
    const nss = newFolder()
    const certutil = (...args: string[]) => run('certutil', [...args, '-d', `sql:${nss}`]).output
    certutil('-N', '--empty-password')
    const wish = { stores: ['nss'], nssFolders: [nss] } as const
    await commands.trust({ folder }, { ...wish, action: 'install' })
    expect(certutil('-L')).toMatch(/holdfast-[0-9A-F]{12} +C,,/)
    await commands.trust({ folder }, { ...wish, action: 'remove' })
    expect(certutil('-L')).not.toContain('holdfast')
    // Undone twice is undone; what is no database takes nothing.
    await commands.trust({ folder }, { ...wish, action: 'remove' })
    const elsewhere = { ...wish, nssFolders: [join(nss, 'nowhere')], action: 'install' } as const
    await expect(commands.trust({ folder }, elsewhere)).rejects.toMatchObject({
      code: 'unwritable',
    })
    const none = await commands.trust({ folder }, { ...wish, nssFolders: [], action: 'install' })
    expect(none.lines).toEqual(['# no NSS database of this user: nothing to do'])
  })
})
