/**
 * A key and its certificate on disk: read, checked against each other, completed.
 *
 * The order of writing is the promise. The key comes before its certificate, renewal keeps the key,
 * and a key is replaced only after its certificate is gone: so a kill leaves a key without a
 * certificate at worst, which is completed, and a key that does not fit is never our own doing: what
 * changes both is done under a lock.
 */
import type { KeyObject, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { AuthorityError } from '../error.ts'
import { createFile, readText, removeFile, replaceFile, restrict, writing } from './files.ts'
import { generateKey, type KeyType, toPem } from '../encoding/key-types.ts'
import { isLocked, takeLock } from './lock.ts'
import { parseCertificate, parseKey } from './pem-files.ts'
import { RENEWAL } from '../profiles.ts'

export interface PairFiles {
  readonly certificate: string
  readonly key: string
}

export function pairFiles(folder: string, name: string): PairFiles {
  const path = join(folder, name)
  return { certificate: `${path}.certificate.pem`, key: `${path}.key.pem` }
}

interface WithText<T> {
  readonly pem: string
  readonly value: T
}

/** What is on disk, either half of which may be missing. */
export interface PartialPair {
  readonly files: PairFiles
  readonly certificate: WithText<X509Certificate> | undefined
  readonly key: WithText<KeyObject> | undefined
}

export interface Pair extends PartialPair {
  readonly certificate: WithText<X509Certificate>
  readonly key: WithText<KeyObject>
}

/** What a pair should be. */
export interface Wish {
  /** Of a key that has to be made. */
  readonly keyType: KeyType
  /** Whether a key on disk can stay. */
  readonly keeps: (key: KeyObject) => boolean
  /** Whether a certificate that is rightly there can stay. */
  readonly isCurrent: (certificate: X509Certificate) => boolean
  readonly issue: (key: KeyObject) => Promise<string>
  /** Writes what goes with the certificate, given as PEM, before anybody else may change it. */
  readonly finish?: (pem: string) => Promise<void>
}

/** How often a pair that another process is changing is read again. */
const PATIENCE = 100

export async function readPair(files: PairFiles): Promise<PartialPair> {
  for (let left = PATIENCE; ; left -= 1) {
    const pair = await readBoth(files)
    const fits = !pair.key || !pair.certificate || isFit(pair.certificate.value, pair.key.value)
    // Between the two reads another process may have replaced both.
    const busy = !fits && left > 0 && (await isChanging(files, pair))
    if (!fits && !busy) throw misfit(files)
    if (fits && pair.key) await restrict(files.key)
    if (fits) return pair
    await wait(10)
  }
}

async function readBoth(files: PairFiles): Promise<PartialPair> {
  // The certificate first: it is written last, so whoever sees it will see its key as well.
  const certificateText = await readText(files.certificate)
  const keyText = await readText(files.key)
  const certificate =
    certificateText === undefined
      ? undefined
      : { pem: certificateText, value: parseCertificate(files.certificate, certificateText) }
  const key =
    keyText === undefined ? undefined : { pem: keyText, value: parseKey(files.key, keyText) }
  return { files, certificate, key }
}

async function isChanging(files: PairFiles, { certificate, key }: PartialPair): Promise<boolean> {
  if (await isLocked(files.certificate)) return true
  const now = [await readText(files.certificate), await readText(files.key)]
  return now[0] !== certificate?.pem || now[1] !== key?.pem
}

export async function completePair(pair: PartialPair, wish: Wish): Promise<Pair> {
  const { files } = pair
  const done = completed(pair, wish)
  if (done) return done
  const giveBack = await writing(files.certificate, () => takeLock(files.certificate))
  try {
    // Another process may have done it while we waited.
    const present = await readBoth(files)
    return completed(present, wish) ?? (await change(present, wish))
  } finally {
    await giveBack()
  }
}

function completed({ files, certificate, key }: PartialPair, wish: Wish): Pair | undefined {
  const good = key && certificate && isFit(certificate.value, key.value) && wish.keeps(key.value)
  return good && wish.isCurrent(certificate.value) ? { files, certificate, key } : undefined
}

async function change(pair: PartialPair, wish: Wish): Promise<Pair> {
  const { files, certificate } = pair
  if (certificate && pair.key && !isFit(certificate.value, pair.key.value)) throw misfit(files)
  const kept = pair.key && wish.keeps(pair.key.value) ? pair.key : undefined
  if (!kept && certificate) await removeFile(files.certificate)
  const key = kept ?? (await writeKey(pair, wish.keyType))
  const content = { path: files.certificate, text: await wish.issue(key.value), mode: 0o644 }
  const pem = await (kept && certificate ? replaceFile(content) : createFile(content))
  const value = parseCertificate(files.certificate, pem)
  if (!isFit(value, key.value)) throw misfit(files)
  await wish.finish?.(pem)
  return { files, certificate: { pem, value }, key }
}

async function writeKey({ files, key }: PartialPair, type: KeyType): Promise<WithText<KeyObject>> {
  const content = { path: files.key, text: toPem(await generateKey(type)), mode: 0o600 }
  const pem = await (key ? replaceFile(content) : createFile(content))
  return { pem, value: parseKey(content.path, pem) }
}

/** Valid now, and with enough of its life left. */
export function isFresh({ validFromDate, validToDate }: X509Certificate, now: number): boolean {
  const [from, to] = [validFromDate.getTime(), validToDate.getTime()]
  return from <= now && to - now >= (to - from) * RENEWAL.fraction
}

function isFit(certificate: X509Certificate, key: KeyObject): boolean {
  return certificate.checkPrivateKey(key)
}

function misfit(files: PairFiles): AuthorityError {
  return new AuthorityError({
    code: 'key-mismatch',
    file: files.key,
    problem: `is not the key of ${files.certificate}`,
    remedy: 'Put the right key back, or move both files away to have new ones made',
  })
}
