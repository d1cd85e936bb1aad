import { createPrivateKey, X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import * as fixtures from '../src/fixtures.ts'
import { openAuthority } from '../src/index.ts'
import { subjectMatches } from '../src/validation.ts'
import { newFolder, snapshot, verify, verifyClient } from './lab.ts'

const SUBJECT = 'CN=JohnDoe,OU=IT'
const folder = newFolder()
const authority = await openAuthority(folder)
const honest = await authority.client('john', { subject: SUBJECT, dns: ['john.example'] })
const before = snapshot(folder)
const byName = { ...fixtures }

// oxfmt-ignore
const CLAIMS = [
  // name                 openssl says                            its key  its serial
  ['expired',             'certificate has expired',              true,    false],
  ['notYetValid',         'certificate is not yet valid',         true,    false],
  ['twin',                'unable to get local issuer',           false,   true],
  ['selfSignedTwin',      'self-signed certificate',              false,   true],
  ['renewedWithSameKey',  ': OK',                                 true,    false],
  ['renewedWithNewKey',   ': OK',                                 false,   false],
  ['wrongPurpose',        'unsuitable certificate purpose',       true,    false],
  ['unknownRoot',         'unable to get local issuer',           false,   false],
] as const satisfies readonly (readonly [keyof typeof fixtures, string, boolean, boolean])[]

it.each(CLAIMS)('%s: %s', async (name, verdict, sameKey, sameSerial) => {
  const misuse = await byName[name](authority, honest)
  const [edited, original] = [misuse, honest].map(
    ({ certificate }) => new X509Certificate(certificate),
  )
  if (!edited || !original) throw new Error('unread')
  expect(verifyClient(authority, misuse.chain).output).toContain(verdict)
  expect(edited.fingerprint256).not.toBe(original.fingerprint256)
  expect(edited.publicKey.equals(original.publicKey)).toBe(sameKey)
  expect(edited.serialNumber === original.serialNumber).toBe(sameSerial)
  expect(edited.issuer === original.issuer).toBe(
    name !== 'selfSignedTwin' && name !== 'unknownRoot',
  )
  expect(subjectMatches(edited, 'tls_client_auth_subject_dn', SUBJECT)).toBe(true)
  expect(subjectMatches(edited, 'tls_client_auth_san_dns', 'john.example')).toBe(true)
  expect(edited.checkPrivateKey(createPrivateKey(misuse.key))).toBe(true)
})

it('all fixtures are proven above, leave the disk alone, and the honest certificate still works', () => {
  expect(CLAIMS.map(([name]) => name).toSorted()).toEqual(Object.keys(fixtures).toSorted())
  expect(snapshot(folder)).toEqual(before)
  expect(verifyClient(authority, honest.chain).output).toContain('OK')
})

it.each(['expired', 'notYetValid'] as const)(
  '%s has nothing wrong with it but the time',
  async (name) => {
    const { chain } = await byName[name](authority, honest)
    expect(verifyClient(authority, chain).ok).toBe(false)
    expect(verifyClient(authority, chain, ['-no_check_time']).output).toContain('OK')
  },
)

it('wrongPurpose is good for a server, and imitations keep the type of the key', async () => {
  const { chain } = await fixtures.wrongPurpose(authority, honest)
  expect(verify({ trust: authority.trust, chain, purpose: 'sslserver' }).output).toContain('OK')
  const rsa = await authority.client('rsa', { subject: SUBJECT, keyType: 'RSA-2048' })
  const { certificate } = await fixtures.twin(authority, rsa)
  expect(new X509Certificate(certificate).publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048)
})
