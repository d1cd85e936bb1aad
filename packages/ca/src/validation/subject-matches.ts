/**
 * Whether a certificate bears the one subject name a `tls_client_auth` client has registered
 * (RFC 8705 §2.1.2). The path is checked before, by TLS; this only reads names, and only as bytes.
 */
import type { X509Certificate } from 'node:crypto'
import {
  type AlternativeNameKind,
  decodeAlternativeNames,
  nameBytes,
} from '../encoding/alternative-names.ts'
import { EXTENSION, fieldsOf } from '../encoding/certificate-fields.ts'
import { decodeName, sameName } from '../encoding/distinguished-name.ts'
import { parseName } from '../encoding/rfc4514.ts'

/** All that is needed of a certificate: its DER. */
type HasDer = Pick<X509Certificate, 'raw'>
type Matches = (certificate: HasDer, expected: string) => boolean

// oxfmt-ignore
const MATCHES: ReadonlyMap<string, Matches> = new Map<string, Matches>([
  ['tls_client_auth_subject_dn', subjectIs],
  ['tls_client_auth_san_dns',    bears('dns', lowerCase)],
  ['tls_client_auth_san_uri',    bears('uri')],
  ['tls_client_auth_san_ip',     bears('ip')],
  ['tls_client_auth_san_email',  bears('email', lowerCaseHost)],
])

/**
 * `property` is the client's metadata member, `expected` its value. A subject is compared as a
 * distinguished name, exactly (see `sameName`); a DNS name without regard to case, a wildcard only
 * with itself; an address as bytes; a URI exactly; a mailbox exactly but for the case of its host.
 * `false` for an unknown property, a value that is no name of its kind, and a certificate that
 * cannot be read: it never throws.
 */
export function subjectMatches(certificate: HasDer, property: string, expected: string): boolean {
  try {
    return MATCHES.get(property)?.(certificate, expected) ?? false
  } catch {
    return false // unreadable, whichever way: not the registered client
  }
}

function subjectIs(certificate: HasDer, expected: string): boolean {
  return sameName(decodeName(fieldsOf(certificate).subject), parseName(expected))
}

function bears(kind: AlternativeNameKind, fold = (name: Buffer): Buffer => name): Matches {
  return (certificate, expected) => {
    const wanted = nameBytes(kind, expected)
    const extension = fieldsOf(certificate).extensions.get(EXTENSION.subjectAltName)
    if (!wanted || !extension) return false
    const names = decodeAlternativeNames(extension, kind)
    return names.some((name) => fold(name).equals(fold(wanted)))
  }
}

/** ASCII letters only: bytes outside ASCII are not letters of a name here. */
function lowerCase(name: Buffer): Buffer {
  return Buffer.from(name.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)))
}

/** RFC 5280 §7.5: the part before the `@` is compared exactly. */
function lowerCaseHost(mailbox: Buffer): Buffer {
  const at = mailbox.lastIndexOf('@')
  return Buffer.concat([mailbox.subarray(0, at + 1), lowerCase(mailbox.subarray(at + 1))])
}
