/** What is refused because it is not understood, or says something else than it should. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { encodeName } from '../../src/encoding/distinguished-name.ts'
import { openAuthority } from '../../src/index.ts'
import { issue, type Issuer, validityOf } from '../../src/issuing/issue.ts'
import { generateKey, toPem } from '../../src/encoding/key-types.ts'
import { type Profile, PROFILES } from '../../src/profiles.ts'
import { pemOf } from '../../src/encoding/pem.ts'
import { parseName } from '../../src/encoding/rfc4514.ts'
import { readSigned, signDer } from '../../src/encoding/signature.ts'
import { certificateValidation } from '../../src/validation.ts'
import { writeCrl } from '../../src/status/write-crl.ts'
import { newFolder, openssl } from '../lab.ts'

const home = newFolder()
const authority = await openAuthority(newFolder())
const root = { certificate: authority.root, key: readKey('root') }
const quiet = { policy: 'soft', refreshSeconds: 3600 } as const

function readKey(name: string) {
  return createPrivateKey(readFileSync(join(authority.context.folder, `${name}.key.pem`)))
}

/** A certificate with extensions as openssl writes them: ours cannot be had with such. */
async function byOpenssl(
  subject: string,
  issuer: Issuer,
  extensions: string,
  type?: string[],
): Promise<Issuer> {
  const key = await generateKey('EC-P256')
  const write = (name: string, text: string): string => {
    writeFileSync(join(home, name), text)
    return join(home, name)
  }
  const own = ['-key', write('key.pem', toPem(key))]
  const made = type ? ['-newkey', ...type, '-nodes', '-keyout', join(home, 'key.pem')] : own
  const csr = openssl(['req', '-new', '-subj', subject, ...made])
  const ca = [
    '-CA',
    write('ca.pem', issuer.certificate),
    '-CAkey',
    write('ca.key', toPem(issuer.key)),
  ]
  const ids = 'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n'
  const file = ['-extfile', write('extensions', ids + extensions)]
  // What `req` prints while it makes a key is not part of the request.
  const request = csr.output.slice(csr.output.indexOf('-----BEGIN CERTIFICATE REQUEST'))
  const { ok, output } = openssl(['x509', '-req', '-days', '9', ...ca, ...file], request)
  if (!ok) throw new Error(output)
  const certificate = output.slice(output.indexOf('-----BEGIN CERT'))
  return { certificate, key: createPrivateKey(readFileSync(join(home, 'key.pem'))) }
}

function judge(leaf: Issuer, between: readonly Issuer[] = []): string {
  const validation = certificateValidation({ roots: authority.trust, status: [], ...quiet })
  const sent = between.map(({ certificate }) => new X509Certificate(certificate))
  const verdict = validation.validate(new X509Certificate(leaf.certificate), sent, 'client')
  return verdict.ok ? 'good' : verdict.clause
}

const LEAF =
  'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n'
const CA = 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n'

describe('a leaf', () => {
  it.each([
    ['as it should be', LEAF, 'good'],
    ['without extensions that say what it may', 'basicConstraints=CA:FALSE\n', 'good'],
    ['with an unknown extension', `${LEAF}1.2.3.4=ASN1:NULL\n`, 'good'],
    ['with an unknown critical extension', `${LEAF}1.2.3.4=critical,ASN1:NULL\n`, 'RFC5280-4.2'],
    ['with a critical policy', `${LEAF}certificatePolicies=critical,1.2.3.4\n`, 'good'],
    [
      'whose key may only encipher',
      LEAF.replace('digitalSignature', 'keyEncipherment'),
      'RFC5280-4.2.1.3',
    ],
    [
      'for any purpose by name',
      LEAF.replace('clientAuth', 'anyExtendedKeyUsage'),
      'RFC5280-4.2.1.12',
    ],
    ['for mail', LEAF.replace('clientAuth', 'emailProtection'), 'RFC5280-4.2.1.12'],
    ['for mail and clients', LEAF.replace('clientAuth', 'emailProtection,clientAuth'), 'good'],
  ])('%s', async (_, extensions, expected) => {
    expect(judge(await byOpenssl('/CN=x', root, extensions))).toBe(expected)
  })

  it.each([
    ['on P-521', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-521'], 'good'],
    ['on secp256k1', ['ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'], 'FAPI2SP-5.4.1-2'],
    ['on P-224', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-224'], 'FAPI2SP-5.4.1-2'],
    ['with RSA of 2048 bits', ['rsa:2048'], 'good'],
    ['with RSA of 2047 bits', ['rsa:2047'], 'FAPI2SP-5.4.1-2'],
    [
      'with a long RSA exponent',
      ['rsa:2048', '-pkeyopt', `rsa_keygen_pubexp:${2n ** 32n + 1n}`],
      'FAPI2SP-5.4.1-2',
    ],
    ['with Ed448', ['ed448'], 'FAPI2SP-5.4.1-2'],
  ])('%s', async (_, type, expected) => {
    expect(judge(await byOpenssl('/CN=x', root, LEAF, type))).toBe(expected)
  })

  // Of such a time Node's dates are what happened to be in memory: here, the present.
  it.each(['validFromDate', 'validToDate'] as const)('whose %s cannot be read', async (name) => {
    const { certificate, key } = await byOpenssl('/CN=x', root, LEAF)
    const tbs = Buffer.from(readSigned(new X509Certificate(certificate).raw).toBeSigned.whole)
    const isEnd = name === 'validToDate'
    const time = isEnd ? tbs.lastIndexOf('170d', 'hex') : tbs.indexOf('170d', 'hex')
    const resigned = (text: string) => {
      tbs.write(text, time + 2, 'latin1')
      return { certificate: pemOf('CERTIFICATE', signDer(tbs, root.key)), key }
    }
    const odd = resigned('261399000000Z')
    const memory = vi.spyOn(X509Certificate.prototype, name, 'get')
    memory.mockReturnValue(new Date(Date.now() + (isEnd ? 60_000 : -60_000)))
    expect(judge(odd)).toBe('RFC5280-4.1')
    memory.mockRestore()
    expect(judge(resigned(isEnd ? '491231235959Z' : '200101000000Z'))).toBe('good')
  })

  it('that names another key of its issuer', async () => {
    const profile = PROFILES.client
    const [key, subject] = [await generateKey('EC-P256'), encodeName(parseName('CN=x'))]
    const validity = validityOf(profile, Date.now(), root)
    const request = { profile, subject, key, issuer: root, validity }
    const honest = await issue(request)
    const lying = await issue({ ...request, authorityKeyIdentifier: '00'.repeat(20) })
    expect(judge({ certificate: honest, key })).toBe('good')
    expect(judge({ certificate: lying, key })).toBe('RFC5280-4.2.1.1')
  })
})

describe('a CA', () => {
  it.each([
    ['as it should be', CA, 'good'],
    [
      'with name constraints',
      `${CA}nameConstraints=critical,permitted;DNS:.example\n`,
      'RFC5280-6.1.4-g',
    ],
    [
      'with name constraints that are not critical',
      `${CA}nameConstraints=permitted;DNS:.example\n`,
      'RFC5280-6.1.4-g',
    ],
    [
      'with policy constraints',
      `${CA}policyConstraints=critical,requireExplicitPolicy:0\n`,
      'RFC5280-4.2',
    ],
    ['without key usage', 'basicConstraints=critical,CA:TRUE\n', 'RFC5280-6.1.4-n'],
    ['that may only sign lists', CA.replace('keyCertSign,', ''), 'RFC5280-6.1.4-n'],
    ['for servers only', `${CA}extendedKeyUsage=serverAuth\n`, 'RFC5280-4.2.1.12'],
  ])('%s', async (_, extensions, expected) => {
    const between = await byOpenssl('/CN=I', root, extensions)
    expect(judge(await byOpenssl('/CN=x', between, LEAF), [between])).toBe(expected)
  })
})

it.each(['0', '1', '127', '128', '-1', '-128', '-129', `0x${'7f'.repeat(20)}`])(
  'RFC5280-6.1.3-a3 refuses a revoked certificate with the serial number %s',
  (serial) => {
    const folder = newFolder()
    const file = (name: string, text?: string): string => {
      if (text !== undefined) writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    const say = (...args: string[]) => expect(openssl(args)).toMatchObject({ ok: true })
    const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout'.split(' ')
    const keyTo = (name: string) => [...newKey, file(name)]
    const settings = `[ca]\ndefault_ca=own\n[own]\ndatabase=${file('index', '')}\ncrlnumber=${file('number', '01\n')}\ndefault_md=sha256\ndefault_crl_days=1\n`
    const own = ['-config', file('settings', settings), '-keyfile', file('ca.key'), '-cert']
    const usage = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign']
    say('req', '-x509', ...keyTo('ca.key'), '-out', file('ca'), '-subj', '/CN=R', ...usage)
    say('req', '-new', ...keyTo('key'), '-out', file('csr'), '-subj', '/CN=x')
    const signed = ['-CA', file('ca'), '-CAkey', file('ca.key'), '-set_serial', serial]
    say('x509', '-req', '-in', file('csr'), ...signed, '-out', file('leaf'))
    const verdict = () => {
      say('ca', ...own, file('ca'), '-gencrl', '-out', file('crl'))
      const options = { roots: readFileSync(file('ca'), 'utf8'), status: [file('crl')] }
      const leaf = new X509Certificate(readFileSync(file('leaf')))
      return certificateValidation({ ...options, refreshSeconds: 3600 }).validate(
        leaf,
        [],
        'client',
      )
    }
    expect(verdict()).toEqual({ ok: true })
    say('ca', ...own, file('ca'), '-revoke', file('leaf'))
    expect(verdict()).toMatchObject({ clause: 'RFC5280-6.1.3-a3' })
  },
)

describe('a CRL', async () => {
  // openssl begins a certificate at its own now, which is later than this line.
  const now = Date.now() + 30_000
  const make = async (profile: Profile) => {
    const key = await generateKey('EC-P256')
    const subject = encodeName(parseName('CN=own root'))
    const certificate = await issue({ profile, subject, key, validity: validityOf(profile, now) })
    return { certificate, key }
  }
  const content = { number: 1n, thisUpdate: now, nextUpdate: now + 60_000 }

  async function verdict(profile: Profile, more: Partial<typeof content> = {}) {
    const own = await make(profile)
    const leaf = await byOpenssl('/CN=x', own, LEAF)
    const file = join(newFolder(), 'crl.der')
    writeFileSync(file, await writeCrl(own, { ...content, ...more }, []))
    const options = { roots: own.certificate, status: [file], refreshSeconds: 3600 }
    const result = certificateValidation(options).validate(
      new X509Certificate(leaf.certificate),
      [],
      'client',
      now,
    )
    return result.ok ? 'good' : result.clause
  }

  it('is believed of a CA that may sign lists, and of no other (RFC5280-6.3.3-f)', async () => {
    expect(await verdict(PROFILES.root)).toBe('good')
    expect(await verdict({ ...PROFILES.root, keyUsage: ['keyCertSign'] })).toBe('RFC5280-6.3.3')
  })

  it.each([
    ['nothing more', '', 'good'],
    ['a delta', '2.5.29.27=ASN1:INTEGER:1', 'RFC5280-6.3.3'],
    ['a critical delta', '2.5.29.27=critical,ASN1:INTEGER:1', 'RFC5280-6.3.3'],
    ['a part', '2.5.29.28=DER:30038101FF', 'RFC5280-6.3.3'],
    ['a critical part', '2.5.29.28=critical,DER:30038101FF', 'RFC5280-6.3.3'],
  ])('that says it is %s', async (_, extension, expected) => {
    const own = await make(PROFILES.root)
    const leaf = await byOpenssl('/CN=x', own, LEAF)
    const folder = newFolder()
    const file = (name: string, text = ''): string => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    const [database, number] = [file('index'), file('number', '01\n')]
    const settings = `[ca]\ndefault_ca=own\n[own]\ndatabase=${database}\ncrlnumber=${number}\ndefault_md=sha256\ndefault_crl_days=1\n[more]\n${extension}\n`
    const by = ['-keyfile', file('key', toPem(own.key)), '-cert', file('ca', own.certificate)]
    const [list, more] = [file('crl'), ['-crlexts', 'more']]
    const made = ['-config', file('settings', settings), ...by, ...more, '-gencrl', '-out', list]
    expect(openssl(['ca', ...made])).toMatchObject({ ok: true })
    const options = { roots: own.certificate, status: [list], refreshSeconds: 3600 }
    const subject = new X509Certificate(leaf.certificate)
    const result = certificateValidation(options).validate(subject, [], 'client', now)
    expect(result.ok ? 'good' : result.clause).toBe(expected)
  })

  it('is good a little before it begins, since clocks differ, and not long before', async () => {
    const minute = 60_000
    const nextUpdate = now + 60 * minute
    expect(await verdict(PROFILES.root, { thisUpdate: now + 4 * minute, nextUpdate })).toBe('good')
    const later = { thisUpdate: now + 6 * minute, nextUpdate }
    expect(await verdict(PROFILES.root, later)).toBe('RFC5280-6.3.3')
  })
})
