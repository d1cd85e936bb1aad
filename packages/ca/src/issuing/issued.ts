/**
 * What was issued: one file per certificate, named by its serial number, written before the
 * certificate is handed out and never changed. The folder is the index: there is no second copy of it
 * that a kill could leave behind, and of two processes only one can create a serial's file.
 */
import { createHash, type KeyObject, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { AuthorityError } from '../error.ts'
import { createFile, listFolder, readText } from '../disk/files.ts'
import { parseCertificates } from '../disk/pem-files.ts'
import { type ProfileName, PROFILES } from '../profiles.ts'

export interface IssuedCertificate {
  /** Hexadecimal, upper case, as `X509Certificate.serialNumber` writes it. */
  readonly serial: string
  readonly pem: string
  readonly certificate: X509Certificate
  readonly profile: ProfileName
  /** Of the files it was first written to, such as `clients/john`; a CSR leaves none. */
  readonly name: string | undefined
}

const FOLDER = 'issued'
const SERIAL = /^[0-9A-F]{1,40}$/

export async function recordIssued(
  folder: string,
  pem: string,
  { profile, name }: Pick<IssuedCertificate, 'profile' | 'name'>,
): Promise<void> {
  const { serialNumber } = new X509Certificate(pem)
  // RFC 7468 §2: text before the block is for humans; here also for `readIssued`.
  const head = `profile: ${profile}\n${name === undefined ? '' : `name: ${name}\n`}\n`
  const text = head + pem
  const path = join(folder, FOLDER, `${serialNumber}.pem`)
  const standing = await createFile({ path, text, mode: 0o644 })
  if (parseCertificates(path, standing)[0]?.toString() === new X509Certificate(pem).toString())
    return
  throw new AuthorityError({
    code: 'corrupt',
    file: path,
    problem: 'is another certificate with the serial number of a new one',
    remedy: 'Try again: serial numbers are random',
  })
}

/** `undefined`: no certificate with this serial number was issued here. */
export async function readIssued(
  folder: string,
  serial: string,
): Promise<IssuedCertificate | undefined> {
  if (!SERIAL.test(serial)) return undefined
  const path = join(folder, FOLDER, `${serial}.pem`)
  const text = await readText(path)
  if (text === undefined) return undefined
  const [certificate] = parseCertificates(path, text)
  if (!certificate) return undefined
  const head = text.slice(0, text.indexOf('-----BEGIN'))
  const profile = /^profile: (\w+)$/m.exec(head)?.[1] ?? ''
  return {
    serial,
    pem: text.slice(head.length),
    certificate,
    profile: isProfileName(profile) ? profile : 'client',
    name: /^name: (\S+)$/m.exec(head)?.[1],
  }
}

export async function issuedSerials(folder: string): Promise<string[]> {
  const files = await listFolder(join(folder, FOLDER))
  return files.filter((file) => file.endsWith('.pem')).map((file) => file.slice(0, -'.pem'.length))
}

export async function listIssued(folder: string): Promise<IssuedCertificate[]> {
  const all = await Promise.all(
    (await issuedSerials(folder)).map((serial) => readIssued(folder, serial)),
  )
  return all.filter((one) => one !== undefined)
}

function isProfileName(text: string): text is ProfileName {
  return Object.hasOwn(PROFILES, text)
}

/** SHA-256 of the SubjectPublicKeyInfo, hexadecimal: a key's name wherever it turns up again. */
export function keyFingerprint(publicKey: KeyObject): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(spki).digest('hex')
}
