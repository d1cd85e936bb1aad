/** Whether a certificate on disk is what is asked for. */
import type { X509Certificate } from 'node:crypto'
import { EXTENSION, fieldsOf } from '../encoding/certificate-fields.ts'
import { profileExtensions } from './extensions.ts'
import type { EncodedNames } from './names.ts'
import type { Profile } from '../profiles.ts'

/** Equal bytes, since names and profiles are always encoded alike. */
export function isOf(leaf: X509Certificate, profile: Profile, names: EncodedNames): boolean {
  const { subject, extensions } = fieldsOf(leaf)
  const wanted = profileExtensions(profile)
  const usages = [EXTENSION.extendedKeyUsage, EXTENSION.certificatePolicies, EXTENSION.qcStatements]
  const alternativeNames = extensions.get(EXTENSION.subjectAltName)
  return (
    subject.equals(names.subject) &&
    alternativeNames?.toString('hex') === names.alternativeNames?.toString('hex') &&
    wanted.every(({ oid, value }) => extensions.get(oid)?.equals(value) === true) &&
    usages.every((oid) => !extensions.has(oid) || wanted.some((one) => one.oid === oid))
  )
}
