/** `revoke`, `release`, `crl`, `list`, `show`. */
import { subjectOf } from '../encoding/certificate-names.ts'
import { findIssued } from '../issuing/find.ts'
import { list as listCertificates, show as showCertificate } from '../issuing/inventory.ts'
import { pemOf } from '../encoding/pem.ts'
import { currentCrl, publishStatus } from '../status/publish.ts'
import { REVOCATION_REASONS, type RevocationReason } from '../status/revocations.ts'
import { release as releaseCertificate, revoke as revokeCertificate } from '../status/revoke.ts'
import { type CommandResult, open, type Place, table } from './result.ts'

export interface RevokeWish {
  /** Serial number, name or PEM. */
  readonly which: string
  /** `unspecified` if absent. */
  readonly reason?: RevocationReason
}

export async function revoke(place: Place, wish: RevokeWish): Promise<CommandResult> {
  const authority = await open(place)
  const json = await revokeCertificate(authority, wish.which, wish.reason)
  const { certificate } = await findIssued(authority.context, json.serial)
  const since = new Date(json.at).toISOString()
  const lines = [`${subjectOf(certificate)} is revoked since ${since} (${json.reason})`]
  return { lines: [...lines, `serial  ${json.serial}`], json }
}

export async function release(
  place: Place,
  { which }: Pick<RevokeWish, 'which'>,
): Promise<CommandResult> {
  await releaseCertificate(await open(place), which)
  return { lines: [`${which} is no longer on hold`], json: { released: which } }
}

export interface CrlWish {
  /** `root`, `issuing`, `issuing-2`, …; the one that signs if absent. */
  readonly ca?: string
}

/** Publishes, and answers the list of one CA. */
export async function crl(place: Place, { ca }: CrlWish = {}): Promise<CommandResult> {
  const { context } = await open(place)
  await publishStatus(context)
  const name = ca ?? context.hierarchy.issuingName
  const { number, thisUpdate, nextUpdate, entries, der } = await currentCrl(context, name)
  const reasons = Object.entries(REVOCATION_REASONS)
  const revoked = [...entries].map(([serial, code]) => ({
    serial,
    reason: reasons.find(([, one]) => one === code)?.[0] ?? String(code),
  }))
  const [from, to] = [thisUpdate, nextUpdate].map((time) => new Date(time).toISOString())
  return {
    lines: [
      `CRL ${number} of ${name}, ${from} to ${to}, ${revoked.length} revoked`,
      ...revoked.map(({ serial, reason }) => `${serial}  ${reason}`),
      ...pemOf('X509 CRL', der).trimEnd().split('\n'),
    ],
    json: {
      ca: name,
      number: Number(number),
      thisUpdate: from,
      nextUpdate: to,
      revoked,
      pem: pemOf('X509 CRL', der),
    },
  }
}

export interface ListWish {
  /** Those as well that have been replaced, and the responders'. */
  readonly all?: boolean
}

export async function list(place: Place, { all = false }: ListWish = {}): Promise<CommandResult> {
  const rows = (await listCertificates(await open(place))).filter(
    ({ current, profile, status }) =>
      all || status === 'revoked' || (current && profile !== 'ocsp'),
  )
  const head = ['NAME', 'SUBJECT', 'PROFILE', 'KEY', 'DAYS LEFT', 'STATUS', 'SERIAL']
  const cells = rows.map(({ name, subject, profile, key, daysLeft, status, reason, serial }) => [
    name ?? '-',
    subject || '(none)',
    profile,
    key,
    String(daysLeft),
    reason ? `${status} (${reason})` : status,
    serial,
  ])
  return { lines: table([head, ...cells]), json: rows }
}

export async function show(
  place: Place,
  { which }: Pick<RevokeWish, 'which'>,
): Promise<CommandResult> {
  const json = await showCertificate(await open(place), which)
  const { pem, alternativeNames, ...plain } = json
  const kinds = ['dns', 'uri', 'ip', 'email'] as const
  const names = kinds.flatMap((kind) =>
    (alternativeNames[kind] ?? []).map((value) => [`tls_client_auth_san_${kind}`, value]),
  )
  const rows = Object.entries(plain).map(([member, value]) => [member, String(value)])
  const dn = [['tls_client_auth_subject_dn', json.subject]]
  return { lines: [...table([...rows, ...dn, ...names]), ...pem.trimEnd().split('\n')], json }
}
