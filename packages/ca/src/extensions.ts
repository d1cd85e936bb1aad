/** The extensions that follow from a profile and from where its status is published, as DER. */
import { encode, encodeOid, TAG } from './der.ts'
import { encodeBits, encodeBoolean, encodeNumber, explicit } from './der-values.ts'
import { EXTENSION } from './certificate-fields.ts'
import { EXTENDED_KEY_USAGE, KEY_USAGE, type KeyUsage, type Profile } from './profiles.ts'
import { qcStatements } from './qualified.ts'

export interface ExtensionValue {
  readonly oid: string
  readonly critical: boolean
  /** Without the OCTET STRING around it. */
  readonly value: Buffer
}

/** Where the issuer publishes; goes into the certificates that it signs. Absolute URLs. */
export interface StatusUrls {
  readonly crl: string
  readonly issuer: string
  /** Absent: the issuer has no responder. */
  readonly ocsp?: string | undefined
}

/** The same bytes for the same profile, so that a certificate can be told to be of it. */
export function profileExtensions(profile: Profile): ExtensionValue[] {
  const { pathLength, keyUsage, extendedKeyUsage, policy, qualified } = profile
  const isCa = pathLength !== undefined
  const constraints = isCa ? [encodeBoolean(true), encodeNumber(pathLength)] : []
  const purposes = extendedKeyUsage.map(encodeOid)
  return [
    { oid: EXTENSION.basicConstraints, critical: true, value: sequence(...constraints) },
    { oid: EXTENSION.keyUsage, critical: true, value: encodeKeyUsage(keyUsage) },
    ...optional(EXTENSION.extendedKeyUsage, purposes.length > 0 && sequence(...purposes)),
    ...optional(EXTENSION.certificatePolicies, policy && sequence(sequence(encodeOid(policy)))),
    ...optional(EXTENSION.qcStatements, qualified && qcStatements(qualified)),
    // RFC 6960 §4.2.2.2.1: else who checks the signer's status asks the signer.
    ...optional(EXTENSION.ocspNoCheck, signsAnswers(profile) && NULL),
  ]
}

/** RFC 5280 §4.2.1.13 and §4.2.2.1. */
export function statusExtensions({ crl, issuer, ocsp }: StatusUrls): ExtensionValue[] {
  const point = sequence(explicit(0, explicit(0, uri(crl))))
  const access = [
    ...(ocsp === undefined ? [] : [sequence(encodeOid('1.3.6.1.5.5.7.48.1'), uri(ocsp))]),
    sequence(encodeOid('1.3.6.1.5.5.7.48.2'), uri(issuer)),
  ]
  return [
    { oid: EXTENSION.crlDistributionPoints, critical: false, value: sequence(point) },
    { oid: EXTENSION.authorityInfoAccess, critical: false, value: sequence(...access) },
  ]
}

const NULL = encode(TAG.NULL)

function signsAnswers({ extendedKeyUsage }: Profile): boolean {
  return extendedKeyUsage.includes(EXTENDED_KEY_USAGE.ocspSigning)
}

function optional(oid: string, value: Buffer | false | '' | undefined): ExtensionValue[] {
  return value ? [{ oid, critical: false, value }] : []
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return encode(TAG.SEQUENCE, ...parts)
}

function uri(text: string): Buffer {
  return encode(0x86, Buffer.from(text, 'ascii'))
}

/** A named bit list has no trailing zero bits (X.690 §11.2.2). All our bits are in the first byte. */
function encodeKeyUsage(usages: readonly KeyUsage[]): Buffer {
  const bits = usages.map((usage) => KEY_USAGE[usage])
  const byte = bits.reduce<number>((sum, bit) => sum | (0x80 >> bit), 0)
  return encodeBits(Buffer.from([byte]), 7 - Math.max(...bits))
}
