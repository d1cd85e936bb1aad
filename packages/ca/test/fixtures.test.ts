import { createPrivateKey, X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import * as fixtures from '../src/fixtures.ts'
import { openAuthority, publishStatus, STATUS_FILE } from '../src/index.ts'
import { pemBlocks, pemOf } from '../src/encoding/pem.ts'
import { certificateValidation, subjectMatches, type ValidationClause } from '../src/validation.ts'
import { chainOf, newFolder, snapshot, verify, verifyClient } from './lab.ts'

const SUBJECT = 'CN=JohnDoe,OU=IT'
const folder = newFolder()
const authority = await openAuthority(folder)
const honest = await authority.client('john', { subject: SUBJECT, dns: ['john.example'] })
const byName = { ...fixtures }
const revoked = await fixtures.revoked(authority, honest)
const before = snapshot(folder)
const crlsOnly = join(newFolder(), 'crls.pem')
const lists = pemBlocks('X509 CRL', await publishStatus(authority.context))
writeFileSync(crlsOnly, lists.map((der) => pemOf('X509 CRL', der)).join(''))
const validation = certificateValidation({
  roots: authority.trust,
  status: [join(folder, STATUS_FILE)],
})

// oxfmt-ignore
const CLAIMS = [
  // name                 openssl says                            our clause                  its key its serial
  ['expired',             'certificate has expired',              'RFC5280-6.1.3-a2',         true,   false],
  ['notYetValid',         'certificate is not yet valid',         'RFC5280-6.1.3-a2',         true,   false],
  ['revoked',             'certificate revoked',                  'RFC5280-6.1.3-a3',         true,   false],
  ['twin',                'unable to get local issuer',           'RFC5280-6.1.3-a1',         false,  true],
  ['twinNamingOurKey',    'certificate signature failure',        'RFC5280-6.1.3-a1',         false,  true],
  ['selfSignedTwin',      'self-signed certificate',              'RFC5280-6.1.3-a4',         false,  true],
  ['unknownRoot',         'unable to get local issuer',           'RFC5280-6.1.3-a1',         false,  false],
  ['missingIntermediate', 'unable to get local issuer',           'RFC5280-6.1.3-a4',         true,   true],
  ['wrongPurpose',        'unsuitable certificate purpose',       'RFC5280-4.2.1.12',         true,   false],
  ['caAsClient',          ': OK',                                 'RFC5280-4.2.1.9',          true,   false],
  ['rsa1024',             'EE certificate key too weak',          'FAPI2SP-5.4.1-2',          false,  false],
  ['sha1Signature',       'CA signature digest algorithm too weak', 'RFC5280-6.1.3-a1',       true,   false],
  ['renewedWithSameKey',  ': OK',                                 undefined,                  true,   false],
  ['renewedWithNewKey',   ': OK',                                 undefined,                  false,  false],
  ['nameInOneValue',      ': OK',                                 undefined,                  false,  false],
  ['zeroCoordinate',      ': OK',                                 undefined,                  false,  false],
] as const satisfies readonly (readonly [
  keyof typeof fixtures, string, ValidationClause | undefined, boolean, boolean,
])[]

/** As OpenSSL judges where SHA-1 and short keys are not wanted. */
const STRICT = ['-auth_level', '2', '-crl_check_all', '-CRLfile', join(folder, STATUS_FILE)]

it.each(CLAIMS)('%s: %s, %s', async (name, verdict, clause, sameKey, sameSerial) => {
  const misuse = name === 'revoked' ? revoked : await byName[name](authority, honest)
  const [edited, original] = [misuse, honest].map(
    ({ certificate }) => new X509Certificate(certificate),
  )
  if (!edited || !original) throw new Error('unread')
  expect(verifyClient(authority, misuse.chain, STRICT).output).toContain(verdict)
  const judged = certificateValidation({
    roots: authority.trust,
    // Without the authority's own intermediates, or nothing would be missing.
    status: [crlsOnly],
  })
  const ours = judged.validate(edited, chainOf(misuse.chain).slice(1), 'client')
  expect(ours.ok ? undefined : ours.clause).toBe(clause)
  expect(edited.fingerprint256 === original.fingerprint256).toBe(name === 'missingIntermediate')
  expect(edited.publicKey.equals(original.publicKey)).toBe(sameKey)
  expect(edited.serialNumber === original.serialNumber).toBe(sameSerial)
  expect(edited.issuer === original.issuer).toBe(
    name !== 'selfSignedTwin' && name !== 'unknownRoot',
  )
  expect(subjectMatches(edited, 'tls_client_auth_subject_dn', SUBJECT)).toBe(
    name !== 'nameInOneValue',
  )
  expect(subjectMatches(edited, 'tls_client_auth_san_dns', 'john.example')).toBe(true)
  expect(edited.checkPrivateKey(createPrivateKey(misuse.key))).toBe(true)
})

it('all fixtures are proven above, leave the disk alone, and the honest certificate still works', () => {
  expect(CLAIMS.map(([name]) => name).toSorted()).toEqual(Object.keys(fixtures).toSorted())
  expect(snapshot(folder)).toEqual(before)
  expect(verifyClient(authority, honest.chain, STRICT).output).toContain('OK')
  const [leaf, ...rest] = chainOf(honest.chain)
  expect(leaf && validation.validate(leaf, rest, 'client')).toEqual({ ok: true })
})

it('nameInOneValue reads like the honest name', async () => {
  const { certificate } = await fixtures.nameInOneValue(authority, honest)
  expect(new X509Certificate(certificate).toLegacyObject().subject.CN).toBe('JohnDoe,OU=IT')
})

it('zeroCoordinate is written with all its bytes', async () => {
  const { certificate } = await fixtures.zeroCoordinate(authority, honest)
  const { x = '' } = new X509Certificate(certificate).publicKey.export({ format: 'jwk' })
  expect(Buffer.from(x, 'base64url')).toHaveLength(32)
  expect(Buffer.from(x, 'base64url')[0]).toBe(0)
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
