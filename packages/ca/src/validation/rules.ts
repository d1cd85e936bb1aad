/**
 * What a leaf and a CA must be for a path to hold (RFC 5280 §6.1.3, §6.1.4 and §4.2), one rule per
 * clause. Whatever is not understood here is refused: a rule that is missing can only refuse more.
 */
import { EXTENSION } from '../encoding/certificate-fields.ts'
import { EXTENDED_KEY_USAGE } from '../profiles.ts'
import { isAcceptableSignature, weaknessOf } from '../encoding/signature.ts'
import type { ParsedCertificate } from './parsed.ts'
import { nameOf, type Purpose, type Refusal, refuse } from './verdict.ts'

export interface Circumstances {
  readonly purpose: Purpose
  /** Milliseconds since the epoch. */
  readonly at: number
}

interface Place extends Circumstances {
  /** The path from the leaf to the certificate in question, without it. */
  readonly below: readonly ParsedCertificate[]
}

/** `undefined`: it holds. */
type Rule = (certificate: ParsedCertificate, place: Place) => Refusal | undefined

const leafIsNoCa: Rule = (leaf) =>
  leaf.ca ? refuse('leafIsCa', `${nameOf(leaf)} is the certificate of a CA`) : undefined

/** TLS 1.3 and the suites of FAPI 2.0 for TLS 1.2 only ever sign. */
const leafMaySign: Rule = (leaf) =>
  leaf.may?.('digitalSignature') === false
    ? refuse('wrongKeyUsage', `the key of ${nameOf(leaf)} may not sign`)
    : undefined

const isCa: Rule = (ca) =>
  ca.ca ? undefined : refuse('notCa', `${nameOf(ca)} is not a CA and has signed a certificate`)

const maySignCertificates: Rule = (ca) =>
  ca.may?.('keyCertSign') === true
    ? undefined
    : refuse('mayNotSign', `${nameOf(ca)} may not sign certificates`)

const pathLengthHolds: Rule = (ca, { below }) => {
  // RFC 5280 §6.1.4 (l): self-issued certificates below do not count, the leaf does not either.
  const depth = below.slice(1).filter(({ subject, issuer }) => !subject.equals(issuer)).length
  return ca.pathLength !== undefined && depth > ca.pathLength
    ? refuse(
        'pathTooLong',
        `${nameOf(ca)} allows ${ca.pathLength} CAs below it, there are ${depth}`,
      )
    : undefined
}

const hasNoNameConstraints: Rule = (ca) =>
  ca.extensions.has(EXTENSION.nameConstraints)
    ? refuse('nameConstraints', `${nameOf(ca)} has name constraints, which are not understood here`)
    : undefined

// oxfmt-ignore
/** Understood in the sense of RFC 5280 §4.2: a critical extension that is not here refuses. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  EXTENSION.basicConstraints, EXTENSION.keyUsage, EXTENSION.extendedKeyUsage,
  EXTENSION.subjectAltName,
  // No policy is asked for (user-initial-policy-set is any-policy), so every policy will do.
  EXTENSION.certificatePolicies,
])

const isUnderstood: Rule = (any) => {
  const unknown = [...any.critical].find((oid) => !UNDERSTOOD.has(oid))
  return unknown === undefined
    ? undefined
    : refuse('unknownCritical', `${nameOf(any)} has the critical extension ${unknown}`)
}

const keyIsStrong = (any: ParsedCertificate): Refusal | undefined => {
  const weakness = weaknessOf(any.publicKey)
  return weakness === undefined ? undefined : refuse('weakKey', `${nameOf(any)} has ${weakness}`)
}

/** As OpenSSL, of CAs as well: anyExtendedKeyUsage is not enough, no extension is no restriction. */
const isForPurpose: Rule = (any, { purpose }) => {
  const wanted = purpose === 'client' ? 'clientAuth' : 'serverAuth'
  return !any.purposes || any.purposes.includes(EXTENDED_KEY_USAGE[wanted])
    ? undefined
    : refuse('wrongPurpose', `${nameOf(any)} is not for ${wanted}`)
}

const isInForce: Rule = (any, { at }) => {
  if (at > any.to) return refuse('expired', `${nameOf(any)} has expired on ${iso(any.to)}`)
  if (at >= any.from) return undefined
  return refuse('expired', `${nameOf(any)} is not valid before ${iso(any.from)}`)
}

// oxfmt-ignore
export const LEAF_RULES: readonly Rule[] =
  [leafIsNoCa, leafMaySign, isUnderstood, keyIsStrong, isForPurpose, isInForce]
// oxfmt-ignore
export const CA_RULES: readonly Rule[] =
  [isCa, maySignCertificates, pathLengthHolds, hasNoNameConstraints, isUnderstood, isForPurpose, isInForce]

/** The first that does not hold. */
export function checkAll(
  rules: readonly Rule[],
  certificate: ParsedCertificate,
  place: Place,
): Refusal | undefined {
  for (const rule of rules) {
    const refusal = rule(certificate, place)
    if (refusal) return refusal
  }
  return undefined
}

/** RFC 5280 §6.1.3 (a)(1), (a)(4) and §4.2.1.1, by OpenSSL; which algorithms are good is ours. */
export function checkSigned(child: ParsedCertificate, issuer: ParsedCertificate) {
  const { signatureAlgorithm, signatureAlgorithmOid } = child.certificate
  if (!isAcceptableSignature(signatureAlgorithmOid)) {
    return refuse('weakAlgorithm', `${nameOf(child)} is signed with ${signatureAlgorithm}`)
  }
  // Before it is used: a peer may send CAs of its own, with keys made to be slow.
  const weak = keyIsStrong(issuer)
  if (weak) return weak
  if (!child.certificate.verify(issuer.publicKey)) {
    const problem = `is not signed by the ${nameOf(issuer)} that is known`
    return refuse('signature', `${nameOf(child)} ${problem}`)
  }
  // `checkIssued` looks at keyCertSign, too, which has a rule and a clause of its own.
  if (issuer.may?.('keyCertSign') === false || child.certificate.checkIssued(issuer.certificate)) {
    return undefined
  }
  return refuse('wrongIssuerKey', `${nameOf(child)} names another key of ${nameOf(issuer)}`)
}

/** `undefined`: all are valid at the time. */
export function expiry(path: readonly ParsedCertificate[], at: number): Refusal | undefined {
  for (const certificate of path) {
    const refusal = isInForce(certificate, { at, purpose: 'client', below: [] })
    if (refusal) return refusal
  }
  return undefined
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
