import { createHash, createPublicKey, X509Certificate } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import forge from 'node-forge'
import { describe, expect, it } from 'vitest'
import { bundle, KEY_TYPES, openAuthority } from '../src/index.ts'
import { newFolder, openssl, run } from './lab.ts'

const PASSPHRASE = 'lab password'
const JOHN = { subject: 'CN=JohnDoe,OU=IT' }
const authority = await openAuthority(newFolder())

/** The tool may be absent; the test then says so and is skipped. */
const isMissing = (command: string): boolean => run(command, ['-h']).missing

describe.each(KEY_TYPES)('PKCS #12 with a %s key', async (keyType) => {
  const john = await authority.client(`john-${keyType}`, { ...JOHN, keyType })
  const { fingerprint256 } = new X509Certificate(john.certificate)
  const passphrase = PASSPHRASE
  const file = join(newFolder(), 'john.p12')
  const bytes = await bundle(john, 'p12', { passphrase, friendlyName: 'john' })
  writeFileSync(file, bytes)

  it('opens in OpenSSL 3 without -legacy: key, leaf and issuing CA; and not with another passphrase', () => {
    const args = ['pkcs12', '-in', file, '-noenc']
    const { ok, output } = openssl([...args, '-passin', `pass:${PASSPHRASE}`])
    expect([ok, output]).toEqual([true, expect.stringContaining('BEGIN PRIVATE KEY')])
    expect(output.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
    expect(output).toContain('friendlyName: john')
    expect(openssl([...args, '-passin', 'pass:wrong']).output).toContain('invalid password')
    const { output: info } = openssl([...args, '-passin', `pass:${PASSPHRASE}`, '-info', '-nokeys'])
    expect(info).toContain('MAC: sha256')
    expect(info).toContain('AES-256-CBC')
  })

  it('opens in Node', () => {
    expect(() => createSecureContext({ pfx: bytes, passphrase })).not.toThrow()
    expect(() => createSecureContext({ pfx: bytes, passphrase: 'wrong' })).toThrow(/mac verify/)
  })

  it("opens in Java's keytool", { timeout: 60_000 }, (context) => {
    if (isMissing('keytool')) context.skip('keytool (Java) is missing')
    const store = ['-keystore', file, '-storetype', 'PKCS12']
    const args = ['-list', '-v', ...store, '-storepass', PASSPHRASE]
    const { ok, output } = run('keytool', args)
    expect([ok, output]).toEqual([true, expect.stringContaining('Entry type: PrivateKeyEntry')])
    expect(output).toContain('Certificate chain length: 2')
    expect(output).toContain(fingerprint256)
  })

  it('is imported by NSS', (context) => {
    if (isMissing('pk12util') || isMissing('certutil')) context.skip('libnss3-tools is missing')
    const home = newFolder()
    const [database, pass] = [join(home, 'nss'), join(home, 'pass')]
    mkdirSync(database)
    writeFileSync(pass, PASSPHRASE)
    run('certutil', ['-N', '--empty-password', '-d', `sql:${database}`])
    const args = ['-i', file, '-d', `sql:${database}`, '-w', pass, '-K', '']
    const imported = run('pk12util', args)
    // NSS before 3.101 has no Ed25519 and says so; it must say nothing else.
    const expected = keyType === 'Ed25519' ? /IMPORT SUCCESSFUL|SEC_ERROR/ : /IMPORT SUCCESSFUL/
    expect(imported.output).toMatch(expected)
  })

  it.skipIf(!keyType.startsWith('RSA'))('opens in node-forge', () => {
    const asn1 = forge.asn1.fromDer(bytes.toString('binary'))
    const p12 = forge.pkcs12.pkcs12FromAsn1(asn1, PASSPHRASE)
    const keyBag = forge.pki.oids['pkcs8ShroudedKeyBag'] ?? ''
    expect(p12.getBags({ bagType: keyBag })[keyBag]?.[0]?.key).toBeDefined()
    expect(() => forge.pkcs12.pkcs12FromAsn1(asn1, 'wrong')).toThrow(/MAC/)
  })
})

describe('bundles', async () => {
  const john = await authority.client('john', JOHN)

  it('pem is the chain, with the key when it is asked for; der is the leaf', async () => {
    expect((await bundle(john, 'pem')).toString()).toBe(john.chain)
    const withKey = await bundle(john, 'pem', { withKey: true })
    expect(withKey.toString()).toBe(john.chain + john.key)
    expect(await bundle(john, 'der')).toEqual(new X509Certificate(john.certificate).raw)
  })

  it('jwks has the public key, x5c and the thumbprint of RFC8705-3.1', async () => {
    const text = (await bundle(john, 'jwks')).toString()
    const { keys }: { keys: Record<string, unknown>[] } = JSON.parse(text)
    const [jwk = {}] = keys
    const x5c = Array.isArray(jwk['x5c']) ? jwk['x5c'].map(String) : []
    const leaf = new X509Certificate(john.certificate)
    expect(createPublicKey({ key: jwk, format: 'jwk' }).equals(leaf.publicKey)).toBe(true)
    expect(x5c).toHaveLength(2)
    expect(Buffer.from(x5c[0] ?? '', 'base64')).toEqual(leaf.raw)
    expect(jwk['x5t#S256']).toBe(createHash('sha256').update(leaf.raw).digest('base64url'))
    expect(jwk).not.toHaveProperty('d')
  })

  it('refuse an empty passphrase and one that Java cannot read, a missing key and a foreign one', async () => {
    const refusal = (code: string) => ({ name: 'AuthorityError', code })
    const { key, ...keyless } = await authority.client('jane', JOHN)
    const umlaut = { passphrase: 'pässword' }
    await expect(bundle(john, 'p12', umlaut)).rejects.toMatchObject(refusal('bad-passphrase'))
    await expect(bundle(john, 'p12')).rejects.toMatchObject(refusal('bad-passphrase'))
    const options = { passphrase: 'x', withKey: true }
    for (const format of ['pem', 'p12'] as const) {
      const withoutKey = bundle(keyless, format, options)
      await expect(withoutKey).rejects.toMatchObject(refusal('missing-key'))
      const withAnother = bundle({ ...john, key }, format, options)
      await expect(withAnother).rejects.toMatchObject(refusal('key-mismatch'))
    }
    await expect(bundle({ chain: '' }, 'pem')).rejects.toMatchObject(refusal('bad-request'))
  })
})
