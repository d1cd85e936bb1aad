/**
 * The CRLs in force. Each is a file that bears its number, created and never replaced: of two
 * processes that publish at once one gets the number, the other looks again, so a number is given
 * out once and a later list never lacks what an earlier one had. No lock, nothing to clean up.
 *
 * The order is the promise: first the highest number is read, then the revocations, then the next
 * number is claimed. What was revoked in between belongs to whoever claims the number after.
 */
import { join } from 'node:path'
import type { Context } from './context.ts'
import { type Crl, decodeCrl } from './crl.ts'
import { AuthorityError } from './error.ts'
import { createFile, listFolder, readText, removeFile, replaceFile } from './files.ts'
import { type CertificateAuthority, issuerOf, missingKey } from './hierarchy.ts'
import { pemBlocks, pemOf } from './pem.ts'
import { REVOCATION_REASONS, type Revocation } from './revocations.ts'
import { writeCrl } from './write-crl.ts'

const DAY = 86_400_000
/** From thisUpdate to nextUpdate. The root's key may lie in a drawer: its list lives longer. */
const LIFE = { root: 90 * DAY, issuing: DAY } as const
/** How many lists stay on disk, for whoever wants to see what changed. */
const KEPT = 10

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
  const text = pemOf('X509 CRL', await writeCrl(issuerOf(pair), content, revoked))
  const path = join(crlFolder(folder, name), fileName(number))
  if ((await createFile({ path, text, mode: 0o644 })) !== text) return undefined
  await prune(folder, name)
  return readCrl(path, text)
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

async function readLatest(folder: string, name: string): Promise<Crl | undefined> {
  for (;;) {
    const last = (await listFolder(crlFolder(folder, name))).sort().at(-1)
    if (last === undefined) return undefined
    const path = join(crlFolder(folder, name), last)
    const text = await readText(path)
    if (text !== undefined) return readCrl(path, text)
  }
}

/** Parsing again what has not changed would make every status answer as slow as the list is long. */
const parsed = new Map<string, { readonly text: string; readonly crl: Crl }>()

function readCrl(path: string, text: string): Crl {
  const known = parsed.get(path)
  if (known?.text === text) return known.crl
  try {
    const [der] = pemBlocks('X509 CRL', text)
    const crl = decodeCrl(der ?? Buffer.alloc(0))
    if (parsed.size > 100) parsed.clear()
    parsed.set(path, { text, crl })
    return crl
  } catch (cause) {
    const remedy = 'Delete it and the others of its folder to have a new one made'
    throw new AuthorityError(
      { code: 'corrupt', file: path, problem: 'is not a CRL', remedy },
      cause,
    )
  }
}

async function prune(folder: string, name: string): Promise<void> {
  const files = (await listFolder(crlFolder(folder, name))).sort()
  for (const file of files.slice(0, -KEPT)) await removeFile(join(crlFolder(folder, name), file))
}

function crlFolder(folder: string, name: string): string {
  return join(folder, 'crl', name)
}

/** Sorted by name is sorted by number. */
function fileName(number: bigint): string {
  return `${number.toString().padStart(10, '0')}.crl.pem`
}
