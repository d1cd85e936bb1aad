import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  type AlternativeNames,
  encodeAlternativeNames,
} from '../../src/encoding/alternative-names.ts'
import { encode, encodeOid, TAG } from '../../src/encoding/der.ts'
import { encodeName } from '../../src/encoding/distinguished-name.ts'
import { issue, validityOf } from '../../src/issuing/issue.ts'
import { generateKey } from '../../src/encoding/key-types.ts'
import { PROFILES } from '../../src/profiles.ts'
import { NameSyntaxError, parseName } from '../../src/encoding/rfc4514.ts'
import { subjectMatches } from '../../src/validation.ts'
import { openssl } from '../lab.ts'

const key = await generateKey('EC-P256')
const validity = validityOf(PROFILES.client, Date.now())

async function bearing(subject: string | Buffer, names: AlternativeNames = {}) {
  const der = typeof subject === 'string' ? encodeName(parseName(subject)) : subject
  const alternativeNames = encodeAlternativeNames(names)
  const profile = PROFILES.client
  return new X509Certificate(
    await issue({ profile, subject: der, alternativeNames, key, validity }),
  )
}

function isNamed(certificate: Pick<X509Certificate, 'raw'>, expected: string): boolean {
  return subjectMatches(certificate, 'tls_client_auth_subject_dn', expected)
}

/** A Name with one attribute per RDN, of any string type and bytes, in encoding order. */
function rawName(...attributes: readonly [oid: string, tag: number, value: Buffer | string][]) {
  const rdns = attributes.map(([oid, tag, value]) =>
    encode(TAG.SET, encode(TAG.SEQUENCE, encodeOid(oid), encode(tag, Buffer.from(value)))),
  )
  return encode(TAG.SEQUENCE, ...rdns)
}

const [CN, OU] = ['2.5.4.3', '2.5.4.11']

describe('RFC 4514 text', () => {
  it.each([
    'CN=JohnDoe,OU=IT',
    'UID=jsmith,DC=example,DC=net',
    'CN=J. Smith+OU=Sales,DC=example,DC=net',
    'CN=James \\"Jim\\" Smith\\, III,DC=example,DC=net',
    'CN=Lu\\C4\\8Di\\C4\\87',
    'CN=\\#hash\\ ,O=a\\+b=c;'.replace(';', '\\;'),
    'CN=\\ leading,C=DE',
    'serialNumber=1234,emailAddress=a@b.example,CN=x',
  ])('is written as openssl reads it: %s', async (text) => {
    const args = ['x509', '-noout', '-subject', '-nameopt', 'RFC2253']
    const certificate = await bearing(text)
    const printed = openssl(args, certificate.toString()).output.replace(/^subject=|\n$/g, '')
    // openssl orders a multi-valued RDN by its encoding; the set is the same.
    expect(printed.split(/[,+]/).toSorted()).toEqual(text.split(/[,+]/).toSorted())
    expect(isNamed(certificate, printed)).toBe(true)
    expect(isNamed(certificate, text)).toBe(true)
  })

  it.each([
    '',
    'CN',
    'CN=a,',
    ',CN=a',
    'CN=a, OU=b',
    'CN= a',
    'CN=a ',
    'CN=a;OU=b',
    'CN="a"',
    'XX=a',
    'CN=#04',
    'CN=#',
    'CN=\\',
    'CN=\\FF',
    'CN=\ud800',
    'CN=a\u0000',
    '3.1=a',
    'CN=a+',
  ])('is refused when it is not of the grammar: %j', (text) => {
    expect(() => parseName(text)).toThrow(NameSyntaxError)
  })
})

describe('RFC8705-2.1.2 tls_client_auth_subject_dn', () => {
  it('matches the same name, keyword in any case, attribute as OID, value as DER, RDN in any order', async () => {
    const certificate = await bearing('CN=JohnDoe+UID=7,OU=IT')
    for (const text of [
      'CN=JohnDoe+UID=7,OU=IT',
      'uid=7+cn=JohnDoe,ou=IT',
      '2.5.4.3=John\\44oe+UID=7,OU=IT',
      'CN=#0C074A6F686E446F65+UID=7,OU=#13024954',
    ]) {
      expect(isNamed(certificate, text)).toBe(true)
    }
  })

  it.each([
    'CN=JohnDoe',
    'OU=IT,CN=JohnDoe',
    'CN=JohnDoe,OU=IT,O=x',
    'CN=johndoe,OU=IT',
    'CN=JohnDoe+OU=IT',
    'CN=JohnDoe, OU=IT',
    'OU=IT',
    '',
    'OU=IT\nCN=JohnDoe',
    'CN=JohnDoe,OU=IT\\ ',
  ])('refuses another name for CN=JohnDoe,OU=IT: %j', async (text) => {
    expect(isNamed(await bearing('CN=JohnDoe,OU=IT'), text)).toBe(false)
  })

  it('matches text whatever string type it is encoded in', async () => {
    const bmp = Buffer.from('\0J\0o\0h\0n\0D\0o\0e', 'latin1')
    expect(
      isNamed(
        await bearing(rawName([OU, TAG.PRINTABLE, 'IT'], [CN, TAG.BMP, bmp])),
        'CN=JohnDoe,OU=IT',
      ),
    ).toBe(true)
  })

  it.each([
    ['a newline', rawName([CN, TAG.UTF8, 'JohnDoe\nOU=IT'])],
    ['a newline, in the order of Node', rawName([CN, TAG.UTF8, 'IT\nCN=JohnDoe'])],
    ['an OU with a newline', rawName([OU, TAG.UTF8, 'IT\nCN=JohnDoe'])],
    ['a comma', rawName([CN, TAG.UTF8, 'JohnDoe,OU=IT'])],
    ['a plus', rawName([OU, TAG.UTF8, 'IT'], [CN, TAG.UTF8, 'JohnDoe+CN=JohnDoe'])],
    ['a NUL', rawName([OU, TAG.UTF8, 'IT'], [CN, TAG.UTF8, 'JohnDoe\0.evil'])],
    ['a byte order mark', rawName([OU, TAG.UTF8, 'IT'], [CN, TAG.UTF8, '\ufeffJohnDoe'])],
    ['a T61String', rawName([OU, TAG.UTF8, 'IT'], [CN, TAG.T61, 'JohnDoe'])],
    [
      'the attributes twice',
      rawName([OU, TAG.UTF8, 'IT'], [CN, TAG.UTF8, 'JohnDoe'], [CN, TAG.UTF8, 'JohnDoe']),
    ],
    ['nothing', rawName()],
  ])('refuses a subject made of %s', async (_, der) => {
    const certificate = await bearing(der)
    for (const text of ['CN=JohnDoe,OU=IT', 'OU=IT,CN=JohnDoe', ''])
      expect(isNamed(certificate, text)).toBe(false)
  })
})

describe('RFC8705-2.1.2 subject alternative names', async () => {
  const certificate = await bearing('CN=x', {
    dns: ['Api.Example.com', '*.wild.example'],
    uri: ['https://client.example/id'],
    ip: ['192.0.2.7', '2001:db8::1'],
    email: ['Joe@Example.com'],
  })

  it.each([
    ['tls_client_auth_san_dns', 'api.example.COM', true],
    ['tls_client_auth_san_dns', '*.wild.example', true],
    ['tls_client_auth_san_dns', 'a.wild.example', false],
    ['tls_client_auth_san_dns', 'example.com', false],
    ['tls_client_auth_san_dns', 'x', false],
    ['tls_client_auth_san_dns', '', false],
    ['tls_client_auth_san_uri', 'https://client.example/id', true],
    ['tls_client_auth_san_uri', 'https://client.example/ID', false],
    ['tls_client_auth_san_ip', '192.0.2.7', true],
    ['tls_client_auth_san_ip', '2001:0DB8:0:0::0.0.0.1', true],
    ['tls_client_auth_san_ip', '::ffff:192.0.2.7', false],
    ['tls_client_auth_san_ip', '2001:db8::1%lo', false],
    ['tls_client_auth_san_ip', '192.0.2.07', false],
    ['tls_client_auth_san_email', 'Joe@example.COM', true],
    ['tls_client_auth_san_email', 'joe@example.com', false],
    ['tls_client_auth_san_dns', 'Joe@Example.com', false],
    ['tls_client_auth_thing', 'x', false],
    ['constructor', 'x', false],
  ])('%s=%s: %s', (property, expected, outcome) => {
    expect(subjectMatches(certificate, property, expected)).toBe(outcome)
  })

  it('refuses, without throwing, bytes it cannot read', () => {
    const { raw } = certificate
    for (let at = 0; at < raw.length; at += 1) {
      const broken = Buffer.from(raw)
      broken[at] = (broken[at] ?? 0) ^ 0xff
      const hostile = { raw: broken }
      expect(typeof subjectMatches(hostile, 'tls_client_auth_san_dns', 'a.b')).toBe('boolean')
      expect(isNamed({ raw: raw.subarray(0, at) }, 'CN=x')).toBe(false)
    }
    expect(isNamed(certificate, 'CN=x')).toBe(true)
  })
})
