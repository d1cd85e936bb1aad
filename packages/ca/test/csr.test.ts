import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { alternativeNamesOf, subjectOf } from '../src/encoding/certificate-names.ts'
import { makeCsr } from '../src/encoding/make-csr.ts'
import { KEY_TYPES, openAuthority, revoke, signRequest } from '../src/index.ts'
import { generateKey } from '../src/encoding/key-types.ts'
import { pemBlocks } from '../src/encoding/pem.ts'
import { newFolder, openssl, snapshot, verifyClient } from './lab.ts'

const authority = await openAuthority(newFolder())
const { folder } = authority.context

const REQUEST = `
[req]
distinguished_name=dn
req_extensions=wishes
prompt=no
[dn]
O=Acme
CN=John Doe, the second
[wishes]
basicConstraints=critical,CA:TRUE
keyUsage=keyCertSign
subjectAltName=DNS:a.example,URI:https://a.example/x,IP:::1,email:a@b.example,otherName:1.2.3;UTF8:x
`

/** By openssl, with its own key. */
function request(more: readonly string[] = [], out = 'PEM') {
  const home = newFolder()
  writeFileSync(join(home, 'cnf'), REQUEST)
  const key = join(home, 'key.pem')
  const csr = join(home, 'csr')
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key]
  const args = ['req', '-new', '-config', join(home, 'cnf'), '-outform', out, '-out', csr]
  const { ok, output } = openssl([...args, ...(more.length > 0 ? more : made)])
  if (!ok) throw new Error(output)
  return readFileSync(csr)
}

describe('a request made by openssl', () => {
  it.each(['PEM', 'DER'])(
    'in %s becomes a certificate by our profile, its other wishes told',
    async (form) => {
      const csr = request([], form)
      const { certificate, chain, dropped, serial } = await signRequest(authority, csr, 'client')
      const read = new X509Certificate(certificate)
      expect(subjectOf(read)).toBe('CN=John Doe\\, the second,O=Acme')
      expect(alternativeNamesOf(read)).toEqual({
        dns: ['a.example'],
        uri: ['https://a.example/x'],
        ip: ['0:0:0:0:0:0:0:1'],
        email: ['a@b.example'],
      })
      expect(read.ca).toBe(false)
      expect(read.serialNumber).toBe(serial)
      expect(dropped).toEqual([
        'general name [0]',
        'extension basicConstraints',
        'extension keyUsage',
      ])
      expect(verifyClient(authority, chain).output).toContain('OK')
    },
  )

  it('has only those names that the profile allows', async () => {
    const { certificate, dropped } = await signRequest(authority, request(), 'server')
    const { dns, ip, uri, email } = alternativeNamesOf(new X509Certificate(certificate))
    expect([dns, ip, uri, email]).toEqual([['a.example'], ['0:0:0:0:0:0:0:1'], [], []])
    expect(dropped).toContain('uri https://a.example/x')
    expect(dropped).toContain('email a@b.example')
  })
})

it.each(KEY_TYPES)('a request with a %s key is made as openssl reads it', async (type) => {
  const key = await generateKey(type)
  const csr = await makeCsr(key, { subject: 'CN=x,O=y', alternativeNames: { dns: ['x.example'] } })
  const { output, ok } = openssl(['req', '-verify', '-noout', '-text'], csr)
  expect(ok).toBe(true)
  expect(output).toMatch(/verify OK/i)
  expect(output).toContain('DNS:x.example')
  const { certificate } = await signRequest(authority, csr, 'client')
  expect(new X509Certificate(certificate).checkPrivateKey(key)).toBe(true)
})

describe('refused as bad-request, with nothing written', async () => {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const plain = { subject: 'CN=x', alternativeNames: {} }
  const good = await makeCsr(key, plain)
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
  const [der = Buffer.alloc(0)] = pemBlocks('CERTIFICATE REQUEST', good)
  const forged = Buffer.from(der)
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1

  it.each([
    ['nothing', ''],
    ['garbage', 'garbage'],
    ['garbage that begins as DER', Buffer.from('0garbage')],
    ['a certificate', authority.root],
    ['two requests', good + good],
    ['PEM that was cut off', good.slice(0, 100)],
    ['DER that was cut off', der.subarray(0, -1)],
    ['a signature that is not of its key', forged],
    ['an RSA key of 1024 bits', await makeCsr(weak, plain)],
    [
      'a newline in the subject',
      await makeCsr(key, { subject: 'CN=x\\0aOU=IT', alternativeNames: {} }),
    ],
    [
      'a SHA-1 signature',
      request(['-newkey', 'rsa:2048', '-nodes', '-keyout', '/dev/null', '-sha1']),
    ],
  ])('%s', async (_, csr) => {
    const before = snapshot(folder)
    await expect(signRequest(authority, csr, 'client')).rejects.toMatchObject({
      name: 'AuthorityError',
      code: 'bad-request',
    })
    expect(snapshot(folder)).toEqual(before)
  })

  it('a profile that wants more, and a key that was revoked as compromised', async () => {
    const refused = { code: 'bad-request' }
    await expect(signRequest(authority, good, 'openBankingSeal')).rejects.toMatchObject(refused)
    await expect(signRequest(authority, good, 'spiffe')).rejects.toMatchObject(refused)
    const { certificate } = await signRequest(authority, good, 'client')
    await revoke(authority, certificate, 'superseded')
    await signRequest(authority, good, 'client')
    const john = await authority.client('john', { subject: 'CN=john' })
    await revoke(authority, john.certificate, 'keyCompromise')
    const again = await makeCsr(createPrivateKey(john.key), plain)
    await expect(signRequest(authority, again, 'client')).rejects.toMatchObject(refused)
  })
})
