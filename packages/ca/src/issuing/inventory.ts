/** What there is: one row per certificate, and everything about one. */
import { createHash, type X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import type { AlternativeNames } from '../encoding/alternative-names.ts'
import type { Authority } from '../authority.ts'
import { alternativeNamesOf, subjectOf } from '../encoding/certificate-names.ts'
import type { Context } from '../context.ts'
import { findIssued, unknownCertificate } from './find.ts'
import { listFolder, readText } from '../disk/files.ts'
import { type IssuedCertificate, listIssued } from './issued.ts'
import { keyTypeOf } from '../encoding/key-types.ts'
import { parseCertificates } from '../disk/pem-files.ts'
import type { ProfileName } from '../profiles.ts'
import type { Revocation, RevocationReason } from '../status/revocations.ts'

export interface CertificateRow {
  /** RFC 4514. */
  readonly subject: string
  readonly profile: ProfileName
  readonly key: string
  /** Whole days; negative once expired. */
  readonly daysLeft: number
  readonly status: 'good' | 'revoked' | 'on hold' | 'expired' | 'not yet valid'
  readonly reason?: RevocationReason
  readonly serial: string
  /** `root`, `issuing`, … or `itself`. */
  readonly issuer: string
  /** Of its files; a certificate from a CSR has none. */
  readonly name?: string
  /** Whether its files hold it still, and not its successor. */
  readonly current: boolean
}

const DAY = 86_400_000

/** The root first, then the CAs, then by name; the newest of a name first. */
export async function list({ context }: Pick<Authority, 'context'>): Promise<CertificateRow[]> {
  await context.refresh()
  const revoked = await context.revocations.current()
  const issued = await listIssued(context.folder)
  const names = new Set(issued.flatMap(({ name }) => name ?? []))
  const standing = new Map(
    await Promise.all(
      [...names].map(async (name) => [name, await serialAt(context, name)] as const),
    ),
  )
  const rows = issued.map((one) => issuedRow(context, one, revoked.get(one.serial), standing))
  const sorted = rows.sort(
    (a, b) =>
      Number(b.profile === 'issuing') - Number(a.profile === 'issuing') ||
      (a.name ?? '~').localeCompare(b.name ?? '~') ||
      b.daysLeft - a.daysLeft,
  )
  return [rootRow(context), ...sorted, ...(await selfSignedRows(context))]
}

function issuedRow(
  context: Context,
  { certificate, profile, name, serial }: IssuedCertificate,
  revocation: Revocation | undefined,
  standing: ReadonlyMap<string, string | undefined>,
): CertificateRow {
  return {
    ...rowOf(context, certificate, revocation),
    profile,
    issuer: context.issuerOf(certificate)?.name ?? 'unknown',
    ...(name !== undefined && { name }),
    current: name === undefined || standing.get(name) === serial,
  }
}

export interface CertificateDetail extends CertificateRow {
  readonly pem: string
  /** ISO 8601. */
  readonly validFrom: string
  readonly validTo: string
  readonly alternativeNames: AlternativeNames
  /** Member of `cnf` (RFC 8705 §3.1). */
  readonly 'x5t#S256': string
}

/** `which` as for `revoke`. Rejects with AuthorityError `unknown`. */
export async function show(
  authority: Pick<Authority, 'context'>,
  which: string,
): Promise<CertificateDetail> {
  const { context } = authority
  const rows = await list(authority)
  const outside = which === 'root' || which.startsWith('self-signed/')
  const serial = outside ? undefined : (await findIssued(context, which)).serial
  const row = rows.find((one) =>
    serial === undefined ? one.name === which : one.serial === serial,
  )
  const certificate = row && (await certificateOf(context, row))
  if (!row || !certificate) throw unknownCertificate(context, JSON.stringify(which))
  return {
    ...row,
    pem: certificate.toString(),
    validFrom: certificate.validFromDate.toISOString(),
    validTo: certificate.validToDate.toISOString(),
    alternativeNames: alternativeNamesOf(certificate),
    'x5t#S256': createHash('sha256').update(certificate.raw).digest('base64url'),
  }
}

async function certificateOf(
  context: Context,
  { name, serial, profile }: CertificateRow,
): Promise<X509Certificate | undefined> {
  if (profile !== 'root' && profile !== 'selfSigned') {
    return (await findIssued(context, serial)).certificate
  }
  const path = join(context.folder, `${name}.certificate.pem`)
  return parseCertificates(path, (await readText(path)) ?? '')[0]
}

function rootRow(context: Context): CertificateRow {
  const certificate = context.hierarchy.root.certificate.value
  const row = rowOf(context, certificate, undefined)
  return { ...row, profile: 'root', issuer: 'itself', name: 'root', current: true }
}

async function selfSignedRows(context: Context): Promise<CertificateRow[]> {
  const suffix = '.certificate.pem'
  const files = await listFolder(join(context.folder, 'self-signed'))
  const rows = files.sort().map(async (file): Promise<CertificateRow[]> => {
    if (!file.endsWith(suffix)) return []
    const path = join(context.folder, 'self-signed', file)
    const [certificate] = parseCertificates(path, (await readText(path)) ?? '')
    const name = `self-signed/${file.slice(0, -suffix.length)}`
    const own = { profile: 'selfSigned', issuer: 'itself', name, current: true } as const
    return certificate ? [{ ...rowOf(context, certificate, undefined), ...own }] : []
  })
  return (await Promise.all(rows)).flat()
}

type CommonRow = Omit<CertificateRow, 'profile' | 'issuer' | 'name' | 'current'>

function rowOf(
  { settings }: Context,
  certificate: X509Certificate,
  revocation: Revocation | undefined,
): CommonRow {
  const left = certificate.validToDate.getTime() - settings.now()
  return {
    subject: subjectOf(certificate),
    key: keyTypeOf(certificate.publicKey) ?? 'unknown',
    daysLeft: Math.floor(left / DAY),
    status: statusOf(certificate, revocation, settings.now()),
    ...(revocation && { reason: revocation.reason }),
    serial: certificate.serialNumber,
  }
}

function statusOf(
  { validFromDate, validToDate }: X509Certificate,
  revocation: Revocation | undefined,
  now: number,
): CertificateRow['status'] {
  if (revocation) return revocation.reason === 'certificateHold' ? 'on hold' : 'revoked'
  if (now > validToDate.getTime()) return 'expired'
  return now < validFromDate.getTime() ? 'not yet valid' : 'good'
}

async function serialAt({ folder }: Context, name: string): Promise<string | undefined> {
  const path = join(folder, `${name}.certificate.pem`)
  const text = await readText(path)
  return text === undefined ? undefined : parseCertificates(path, text)[0]?.serialNumber
}
