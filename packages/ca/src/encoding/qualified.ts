/**
 * QCStatements (RFC 3739 §3.2.6) as a qualified certificate of a payment service provider has them:
 * ETSI EN 319 412-5 and TS 119 495 §5.1. The competent authority is an invention: nothing that this
 * authority signs is qualified, and no word in it should look as if it were.
 */
import * as asn1js from 'asn1js'
import { QCStatement, QCStatements } from 'pkijs'

const QC = '0.4.0.1862.1'
const PSD2 = '0.4.0.19495'

/** Roles of TS 119 495 §4.2.2: account information and payment initiation, the usual third party. */
const ROLES = [
  { oid: `${PSD2}.1.2`, name: 'PSP_PI' },
  { oid: `${PSD2}.1.3`, name: 'PSP_AI' },
]
const AUTHORITY = { name: 'Holdfast Lab Competent Authority', id: 'XX-LAB' }
const TYPE = { seal: `${QC}.6.2`, web: `${QC}.6.3` } as const

/** DER. */
export function qcStatements(type: keyof typeof TYPE): Buffer {
  const roles = sequence(...ROLES.map(({ oid, name }) => sequence(identifier(oid), utf8(name))))
  const statements = new QCStatements()
  statements.values = [
    new QCStatement({ id: `${QC}.1` }), // QcCompliance
    ...(type === 'seal' ? [new QCStatement({ id: `${QC}.4` })] : []), // QcSSCD
    new QCStatement({ id: `${QC}.6`, type: sequence(identifier(TYPE[type])) }), // QcType
    new QCStatement({
      id: `${PSD2}.2`,
      type: sequence(roles, utf8(AUTHORITY.name), utf8(AUTHORITY.id)),
    }),
  ]
  return Buffer.from(statements.toSchema().toBER())
}

function utf8(value: string): asn1js.Utf8String {
  return new asn1js.Utf8String({ value })
}

function sequence(...value: asn1js.AsnType[]): asn1js.Sequence {
  return new asn1js.Sequence({ value })
}

function identifier(value: string): asn1js.ObjectIdentifier {
  return new asn1js.ObjectIdentifier({ value })
}
