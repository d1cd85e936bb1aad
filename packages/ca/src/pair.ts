/**
 * A key and its certificate on disk: read, checked against each other, completed.
 *
 * The order of writing is the promise. The key comes before its certificate, renewal keeps the key,
 * and a key is replaced only after its certificate is gone: so a kill leaves a key without a
 * certificate at worst, which is completed, and a key that does not fit is never our own doing.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { AuthorityError } from './error.ts'
import { createFile, readText, removeFile, replaceFile, restrict } from './files.ts'
import { generateKey, type KeyType, keyTypeOf, toPem } from './key-types.ts'
import { RENEWAL } from './profiles.ts'

export interface PairFiles {
  readonly certificate: string
  readonly key: string
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
  /** Whether a key on disk that is of another type is replaced. */
  readonly replacesOtherKeys: boolean
  /** Whether a certificate that is rightly there can stay. */
  readonly isCurrent: (certificate: X509Certificate) => boolean
  readonly issue: (key: KeyObject) => Promise<string>
}

export async function readPair(files: PairFiles): Promise<PartialPair> {
  // The certificate first: it is written last, so whoever sees it will see its key as well.
  const certificateText = await readText(files.certificate)
  const keyText = await readText(files.key)
  const certificate =
    certificateText === undefined
      ? undefined
      : { pem: certificateText, value: parseCertificate(files.certificate, certificateText) }
  const key =
    keyText === undefined ? undefined : { pem: keyText, value: parseKey(files.key, keyText) }
  if (key && certificate) checkFit(files, certificate.value, key.value)
  if (key) await restrict(files.key)
  return { files, certificate, key }
}

export async function completePair(pair: PartialPair, wish: Wish): Promise<Pair> {
  const { files, certificate } = pair
  const kept = isWanted(pair.key, wish) ? pair.key : undefined
  if (kept && certificate && wish.isCurrent(certificate.value))
    return { files, certificate, key: kept }
  if (!kept && certificate) await removeFile(files.certificate)
  const key = kept ?? (await writeKey(pair, wish.keyType))
  const content = { path: files.certificate, text: await wish.issue(key.value), mode: 0o644 }
  const pem = await (kept && certificate ? replaceFile(content) : createFile(content))
  const value = parseCertificate(files.certificate, pem)
  checkFit(files, value, key.value)
  return { files, certificate: { pem, value }, key }
}

function isWanted(key: PartialPair['key'], wish: Wish): boolean {
  return key !== undefined && (!wish.replacesOtherKeys || keyTypeOf(key.value) === wish.keyType)
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

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** All certificates of a PEM file, of which there is at least one. */
export function parseCertificates(file: string, text: string): X509Certificate[] {
  const blocks = text.match(CERTIFICATE) ?? []
  try {
    if (blocks.length === 0) throw new Error('no PEM block')
    return blocks.map((block) => new X509Certificate(block))
  } catch (cause) {
    throw corrupt(file, 'is not a PEM certificate', cause)
  }
}

function parseCertificate(file: string, text: string): X509Certificate {
  const [certificate, ...more] = parseCertificates(file, text)
  if (!certificate || more.length > 0) throw corrupt(file, 'holds more than one certificate')
  return certificate
}

function parseKey(file: string, text: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(text)
  } catch (cause) {
    throw corrupt(file, 'is not a PEM private key without a passphrase', cause)
  }
  if (!keyTypeOf(key)) throw corrupt(file, 'is neither a P-256 nor a 2048 or 3072 bit RSA key')
  return key
}

function checkFit(files: PairFiles, certificate: X509Certificate, key: KeyObject): void {
  if (certificate.checkPrivateKey(key)) return
  throw new AuthorityError({
    code: 'key-mismatch',
    file: files.key,
    problem: `is not the key of ${files.certificate}`,
    remedy: 'Put the right key back, or move both files away to have new ones made',
  })
}

function corrupt(file: string, problem: string, cause?: unknown): AuthorityError {
  const remedy = 'Put the right file back, or move it and its pair away to have new ones made'
  return new AuthorityError({ code: 'corrupt', file, problem, remedy }, cause)
}
