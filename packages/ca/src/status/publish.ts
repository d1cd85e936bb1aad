/**
 * The CRLs in force. The order is the promise: first the highest number is read, then the revocations,
 * then the next number is claimed. What was revoked in between belongs to whoever claims the number
 * after, so a later list never lacks what an earlier one had.
 */
import { join } from 'node:path'
import type { Context } from '../context.ts'
import type { Crl } from '../encoding/crl.ts'
import { AuthorityError } from '../error.ts'
import { readText, replaceFile } from '../disk/files.ts'
import { type CertificateAuthority, issuerOf, missingKey } from '../issuing/hierarchy.ts'
import { pemOf } from '../encoding/pem.ts'
import { claim, readLatest } from './crl-files.ts'
import { REVOCATION_REASONS, type Revocation } from './revocations.ts'
import { writeCrl } from './write-crl.ts'

const DAY = 86_400_000
/** From thisUpdate to nextUpdate. The root's key may lie in a drawer: its list lives longer. */
const LIFE = { root: 90 * DAY, issuing: DAY } as const

/** Of `root`, `issuing`, …. A new one is made if it is missing, half over or no longer true. */
export async function currentCrl(context: Context, name: string): Promise<Crl> {
  const authority = authorityNamed(context, name)
  for (;;) {
    const latest = await readLatest(context.folder, name)
    const revoked = await revokedBy(context, name)
    const now = context.settings.now()
    if (latest && isCurrent(latest, revoked, now)) return latest
    if (!authority.pair.key) {
      if (latest) return latest // grows stale; whoever checks will refuse, which is right
      throw missingKey(authority.pair.files.key)
    }
    const published = await publishNext(context, authority, { latest, revoked })
    if (published) return published
  }
}

interface Before {
  readonly latest: Crl | undefined
  readonly revoked: readonly Revocation[]
}

/** `undefined` if another process was first. */
async function publishNext(
  { folder, settings }: Context,
  { name, pair }: CertificateAuthority,
  { latest, revoked }: Before,
): Promise<Crl | undefined> {
  const number = (latest?.number ?? 0n) + 1n
  const thisUpdate = Math.floor(settings.now() / 1000) * 1000
  const life = name === 'root' ? LIFE.root : LIFE.issuing
  const content = { number, thisUpdate, nextUpdate: thisUpdate + life }
  return claim(folder, name, { number, der: await writeCrl(issuerOf(pair), content, revoked) })
}

/** One PEM file with every CA certificate and CRL in force: all that a server needs besides the root. */
export const STATUS_FILE = 'status.pem'

/** Brings every CRL and the status file up to date; answers the file's text. */
export async function publishStatus(context: Context): Promise<string> {
  const path = join(context.folder, STATUS_FILE)
  for (;;) {
    const text = await statusText(context)
    if ((await readText(path)) === text) return text
    // Another process may have had more to say and have been slower: then the next round sees it.
    await replaceFile({ path, text, mode: 0o644 })
  }
}

async function statusText(context: Context): Promise<string> {
  const { root, generations } = context.hierarchy
  const now = context.settings.now()
  const live = generations.filter(({ pair }) => pair.certificate.value.validToDate.getTime() > now)
  const parts = await Promise.all(
    [{ name: 'root', pair: root }, ...live].map(async ({ name, pair }) => [
      // The root is trusted or it is not: it is not to be learned from here.
      name === 'root' ? '' : pair.certificate.pem,
      await crlText(context, name),
    ]),
  )
  return parts.flat().join('')
}

/**
 * Empty if the list cannot be made because the CA's key is elsewhere: who checks strictly will refuse
 * that CA, and the lists of the others must not wait for it.
 */
async function crlText(context: Context, name: string): Promise<string> {
  try {
    return pemOf('X509 CRL', (await currentCrl(context, name)).der)
  } catch (error) {
    if (error instanceof AuthorityError && error.code === 'missing-key') return ''
    throw error
  }
}

export function authorityNamed({ hierarchy, folder }: Context, name: string): CertificateAuthority {
  if (name === 'root') return { name, pair: hierarchy.root }
  const found = hierarchy.generations.find((generation) => generation.name === name)
  if (found) return found
  throw new AuthorityError({
    code: 'unknown',
    file: folder,
    problem: `has no CA ${JSON.stringify(name)}`,
    remedy: `Use one of root, ${hierarchy.generations.map((one) => one.name).join(', ')}`,
  })
}

/** What stands on the list: RFC 5280 §3.3 lets it go once the certificate has expired. */
async function revokedBy({ revocations, settings }: Context, name: string): Promise<Revocation[]> {
  const all = [...(await revocations.current()).values()]
  const kept = settings.now() - LIFE.root
  return all
    .filter(({ issuer, expires }) => issuer === name && expires > kept)
    .sort((a, b) => a.at - b.at || (a.serial < b.serial ? -1 : 1))
}

function isCurrent(crl: Crl, revoked: readonly Revocation[], now: number): boolean {
  const half = (crl.thisUpdate + crl.nextUpdate) / 2
  return (
    crl.thisUpdate <= now &&
    now < half &&
    crl.entries.size === revoked.length &&
    revoked.every(({ serial, reason }) => crl.entries.get(serial) === REVOCATION_REASONS[reason])
  )
}
