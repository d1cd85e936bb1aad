/** Makes one certificate. */
import {
  createPublicKey,
  type KeyObject,
  randomBytes,
  webcrypto,
  X509Certificate,
} from 'node:crypto'
import { EXTENSION, fieldsOf, keyIdentifierOf } from '../encoding/certificate-fields.ts'
import { profileExtensions, statusExtensions } from './extensions.ts'
import type { StatusUrls } from '../status/status-urls.ts'
import { type Hash, hashFor, toSigningKey } from '../encoding/key-types.ts'
import { type Profile, RENEWAL } from '../profiles.ts'
import * as x509 from '../encoding/x509.ts'

const DAY = 86_400_000

/** Who signs. */
export interface Issuer {
  /** PEM. */
  readonly certificate: string
  readonly key: KeyObject
}

/** Both in milliseconds since the epoch. */
export interface Validity {
  readonly from: number
  readonly to: number
}

export interface Issuance {
  readonly profile: Profile
  /** DER of the Name. */
  readonly subject: Buffer
  /** Value of the subjectAltName extension. */
  readonly alternativeNames?: Buffer | undefined
  /** The subject's key, private or public. */
  readonly key: KeyObject
  /** Absent: signed by its own key. */
  readonly issuer?: Issuer | undefined
  readonly validity: Validity
  /** Hexadecimal. Absent: 128 random bits. */
  readonly serial?: string
  /** Where the issuer publishes. Absent: the certificate does not say. */
  readonly status?: StatusUrls | undefined
  /** Hexadecimal. Absent: the issuer's own. Another is a lie, for fixtures. */
  readonly authorityKeyIdentifier?: string
  /** Absent: the one that fits the signing key. */
  readonly hash?: Hash
}

/** From a little before now, for as long as the profile says but not longer than the issuer. */
export function validityOf(profile: Profile, now: number, issuer?: Issuer): Validity {
  const from = now - RENEWAL.backdate
  const end = issuer ? new X509Certificate(issuer.certificate).validToDate.getTime() : Infinity
  return { from, to: Math.min(from + profile.days * DAY, end) }
}

/** PEM. */
export async function issue(request: Issuance): Promise<string> {
  const { profile, subject, issuer, key, validity, status } = request
  const spki = publicKeyOf(key).export({ type: 'spki', format: 'der' })
  const own = await x509.SubjectKeyIdentifierExtension.create(spki, false, webcrypto)
  const authority = issuer && fieldsOf(new X509Certificate(issuer.certificate))
  const signer = issuer?.key ?? key
  const hash = request.hash ?? hashFor(signer)
  const certificate = await x509.X509CertificateGenerator.create(
    {
      // The library puts a zero byte before a leading one bit: always positive, never under 128 bits of chance.
      serialNumber: request.serial ?? randomBytes(16).toString('hex'),
      subject: new x509.Name(subject),
      issuer: new x509.Name(authority?.subject ?? subject),
      notBefore: wholeSeconds(validity.from),
      notAfter: wholeSeconds(validity.to),
      publicKey: spki,
      signingKey: toSigningKey(signer, hash),
      signingAlgorithm: { name: '', hash },
      extensions: [
        ...[...profileExtensions(profile), ...(status ? statusExtensions(status) : [])].map(
          ({ oid, critical, value }) => new x509.Extension(oid, critical, value),
        ),
        own,
        new x509.AuthorityKeyIdentifierExtension(
          // Read from the issuer's certificate, not computed again: RFC 5280 §4.2.1.1 wants the same bytes.
          request.authorityKeyIdentifier ??
            (authority
              ? (keyIdentifierOf(authority) ?? Buffer.alloc(0)).toString('hex')
              : own.keyId),
        ),
        ...alternativeNameExtension(request),
      ],
    },
    webcrypto,
  )
  return `${certificate.toString('pem')}\n`
}

/** RFC 5280 §4.2.1.6: critical where the subject is empty. */
function alternativeNameExtension({
  subject,
  alternativeNames,
}: Pick<Issuance, 'subject' | 'alternativeNames'>): x509.Extension[] {
  if (!alternativeNames) return []
  return [new x509.Extension(EXTENSION.subjectAltName, subject.equals(NO_NAME), alternativeNames)]
}

/** The empty sequence of RDNs. */
export const NO_NAME = Buffer.from([0x30, 0x00])

export function publicKeyOf(key: KeyObject): KeyObject {
  return key.type === 'public' ? key : createPublicKey(key)
}

/** X.509 times have no fractions. */
function wholeSeconds(milliseconds: number): Date {
  return new Date(Math.floor(milliseconds / 1000) * 1000)
}
