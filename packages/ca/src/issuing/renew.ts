/** A certificate before its time, with the names of the one before; and the next issuing CA. */
import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import type { Authority } from '../authority.ts'
import { EXTENSION, fieldsOf } from '../encoding/certificate-fields.ts'
import { alternativeNamesOf, subjectOf } from '../encoding/certificate-names.ts'
import { compromisedKeys, type Context } from '../context.ts'
import { AuthorityError } from '../error.ts'
import { readText } from '../disk/files.ts'
import { findIssued, unknownCertificate } from './find.ts'
import { rotateIssuing } from './hierarchy.ts'
import { issue, validityOf } from './issue.ts'
import { type IssuedCertificate, keyFingerprint, recordIssued } from './issued.ts'
import { ensureLeaf } from './leaf.ts'
import type { LeafKind } from './leaf-request.ts'
import { parseCertificates } from '../disk/pem-files.ts'
import { LEAF_PROFILES, type LeafProfile, PROFILES } from '../profiles.ts'
import { publishStatus } from '../status/publish.ts'

/** PEM. The key is there if it is ours to know. */
export interface Renewed {
  readonly certificate: string
  readonly chain: string
  readonly serial: string
  readonly key?: string
}

/**
 * `which` as for `revoke`, or `self-signed/<name>`. The one before stays good: who wants it gone
 * revokes it. What came from a CSR can only be renewed with the same key.
 */
export async function renew(
  { context }: Pick<Authority, 'context'>,
  which: string,
  key: 'same key' | 'new key' = 'same key',
): Promise<Renewed> {
  await context.refresh()
  const found = which.startsWith('self-signed/')
    ? await readSelfSigned(context, which)
    : await findLeaf(context, which)
  if (found.name === undefined) return renewRequested(context, found, key)
  const { chain, certificate, ...rest } = await ensureLeaf(context, {
    kind: found.profile,
    name: found.name.slice(found.name.indexOf('/') + 1),
    subject: subjectOf(found.certificate),
    alternativeNames: alternativeNamesOf(found.certificate),
    renew: key,
  })
  const serial = new X509Certificate(certificate).serialNumber
  return { certificate, chain, serial, key: rest.key }
}

type Renewable = Pick<IssuedCertificate, 'certificate' | 'name'> & { readonly profile: LeafKind }

async function findLeaf(context: Context, which: string): Promise<Renewable> {
  const { certificate, name, profile, serial } = await findIssued(context, which)
  if (isLeafProfile(profile)) return { certificate, name, profile }
  throw badRequest(
    context,
    `renews ${profile} certificates by itself, ${serial} as well`,
    'Rotate the issuing CA if you want another key',
  )
}

function isLeafProfile(profile: string): profile is LeafProfile {
  return LEAF_PROFILES.some((one) => one === profile)
}

async function readSelfSigned(context: Context, name: string): Promise<Renewable> {
  const path = join(context.folder, `${name}.certificate.pem`)
  const text = /^self-signed\/[\w.-]+$/.test(name) ? await readText(path) : undefined
  const [certificate] = text === undefined ? [] : parseCertificates(path, text)
  if (certificate) return { certificate, name, profile: 'selfSigned' }
  throw unknownCertificate(context, JSON.stringify(name))
}

async function renewRequested(
  context: Context,
  { certificate: before, profile }: Renewable,
  key: 'same key' | 'new key',
): Promise<Renewed> {
  if (key === 'new key') {
    const problem = 'has no key of a certificate that was made from a CSR'
    throw badRequest(context, problem, 'Renew it with the same key, or send a new CSR')
  }
  const compromised = compromisedKeys(await context.revocations.current())
  if (compromised.has(keyFingerprint(before.publicKey))) {
    throw badRequest(context, 'does not certify a compromised key again', 'Send a new CSR')
  }
  const { subject, extensions } = fieldsOf(before)
  const { issuer, status } = await context.signer()
  const certificate = await issue({
    profile: PROFILES[profile],
    subject,
    alternativeNames: extensions.get(EXTENSION.subjectAltName),
    key: before.publicKey,
    issuer,
    validity: validityOf(PROFILES[profile], context.settings.now(), issuer),
    status,
  })
  await recordIssued(context.folder, certificate, { profile, name: undefined })
  const serial = new X509Certificate(certificate).serialNumber
  return { certificate, chain: certificate + issuer.certificate, serial }
}

/**
 * Makes the next issuing CA, with a name and a key of its own, and publishes it. What the one before
 * has signed stays good until it ends; whatever is issued from now on comes from the new one.
 * Answers the PEM of the new CA.
 */
export async function rotate({ context }: Pick<Authority, 'context'>): Promise<string> {
  context.hierarchy = await rotateIssuing(context, await context.refresh())
  await publishStatus(context)
  return context.hierarchy.issuing.certificate.pem
}

function badRequest({ folder }: Context, problem: string, remedy: string): AuthorityError {
  return new AuthorityError({ code: 'bad-request', file: folder, problem, remedy })
}
