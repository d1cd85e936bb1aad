/**
 * QCStatements (RFC 3739 §3.2.6) as a qualified certificate of a payment service provider has them:
 * ETSI EN 319 412-5 and TS 119 495 §5.1. The competent authority is an invention: nothing that this
 * authority signs is qualified, and no word in it should look as if it were.
 */
import { encode, encodeOid, TAG } from './der.ts'

const QC = '0.4.0.1862.1'
const PSD2 = '0.4.0.19495'

/** Roles of TS 119 495 §4.2.2: account information and payment initiation, the usual third party. */
const ROLES = [
  { oid: `${PSD2}.1.2`, name: 'PSP_PI' },
  { oid: `${PSD2}.1.3`, name: 'PSP_AI' },
]
const AUTHORITY = { name: 'Holdfast Lab Competent Authority', id: 'XX-LAB' }
const TYPE = { seal: `${QC}.6.2`, web: `${QC}.6.3` } as const

export function qcStatements(type: keyof typeof TYPE): Buffer {
  const roles = ROLES.map(({ oid, name }) => sequence(encodeOid(oid), utf8(name)))
  return sequence(
    sequence(encodeOid(`${QC}.1`)), // QcCompliance
    ...(type === 'seal' ? [sequence(encodeOid(`${QC}.4`))] : []), // QcSSCD
    sequence(encodeOid(`${QC}.6`), sequence(encodeOid(TYPE[type]))), // QcType
    sequence(
      encodeOid(`${PSD2}.2`),
      sequence(sequence(...roles), utf8(AUTHORITY.name), utf8(AUTHORITY.id)),
    ),
  )
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return encode(TAG.SEQUENCE, ...parts)
}

function utf8(text: string): Buffer {
  return encode(TAG.UTF8, Buffer.from(text))
}
