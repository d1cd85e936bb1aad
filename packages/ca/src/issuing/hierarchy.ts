/**
 * The root CA and the issuing CAs of a folder: `issuing` is the first, `issuing-2` what a rotation
 * makes of it, and so on; the last one signs, all others stay good for what they have signed.
 * Everything is read and checked before the first write, so that a folder that is refused is also
 * untouched.
 */
import { encodeName } from '../encoding/distinguished-name.ts'
import { AuthorityError } from '../error.ts'
import { namesStatus } from './extensions.ts'
import { listFolder } from '../disk/files.ts'
import { issue, type Issuer, publicKeyOf, validityOf } from './issue.ts'
import { recordIssued } from './issued.ts'
import type { KeyType } from '../encoding/key-types.ts'
import {
  completePair,
  isFresh,
  type Pair,
  pairFiles,
  type PartialPair,
  readPair,
  type Wish,
} from '../disk/pair.ts'
import { PROFILES, SUBJECTS } from '../profiles.ts'
import { parseName } from '../encoding/rfc4514.ts'
import { statusUrlsOf } from '../status/status-urls.ts'

export interface Settings {
  readonly now: () => number
  readonly keyType: KeyType
  /** Base URL under which status is published; goes into certificates. */
  readonly statusUrl: string | undefined
}

/** A CA certificate whose key may be kept elsewhere, or have been destroyed. */
export type Standing = Pick<Pair, 'certificate' | 'files'> & Pick<PartialPair, 'key'>

export interface CertificateAuthority {
  /** `root`, `issuing`, `issuing-2`, …: the name of its files and of its CRL. */
  readonly name: string
  readonly pair: Standing
}

export interface Hierarchy {
  readonly root: Standing
  /** The one that signs. */
  readonly issuing: Pair
  readonly issuingName: string
  /** All, the oldest first, the one that signs last. */
  readonly generations: readonly CertificateAuthority[]
}

interface Place {
  readonly folder: string
  readonly settings: Settings
}

export async function openHierarchy(place: Place): Promise<Hierarchy> {
  const { folder } = place
  const last = await lastGeneration(folder)
  const names = Array.from({ length: last }, (_, index) => generationName(index + 1))
  const onDisk = {
    root: await readPair(pairFiles(folder, 'root')),
    issuing: await Promise.all(names.map((name) => readPair(pairFiles(folder, name)))),
  }
  checkRoot(onDisk.root)
  for (const pair of onDisk.issuing) checkIssuing(pair, onDisk.root)
  const root = await completeRoot(onDisk.root, place)
  return completeGenerations(place, root, onDisk.issuing)
}

/** Makes the next issuing CA. Of two processes at once both make the same. */
export async function rotateIssuing(place: Place, { root }: Hierarchy): Promise<Hierarchy> {
  const next = (await lastGeneration(place.folder)) + 1
  const files = pairFiles(place.folder, generationName(next))
  await completePair(await readPair(files), issuingWish(place, root, next))
  return openHierarchy(place)
}

async function completeGenerations(
  place: Place,
  root: Standing,
  onDisk: readonly PartialPair[],
): Promise<Hierarchy> {
  const last = onDisk.length
  const current = onDisk.at(-1) ?? (await readPair(pairFiles(place.folder, generationName(1))))
  const issuing = await completePair(current, issuingWish(place, root, last))
  const older = onDisk.slice(0, -1).flatMap(({ certificate, key, files }, index) =>
    // One that was lost before its successor came has nothing left to say.
    certificate ? [{ name: generationName(index + 1), pair: { certificate, key, files } }] : [],
  )
  const issuingName = generationName(last)
  return {
    root,
    issuing,
    issuingName,
    generations: [...older, { name: issuingName, pair: issuing }],
  }
}

/** The highest number that has a certificate; a key alone is a rotation that was not finished. */
async function lastGeneration(folder: string): Promise<number> {
  const numbers = (await listFolder(folder)).flatMap((file) => {
    const [, number] = /^issuing-([1-9]\d{0,5})\.certificate\.pem$/.exec(file) ?? []
    return number === undefined ? [] : [Number(number)]
  })
  return Math.max(1, ...numbers)
}

function generationName(number: number): string {
  return number === 1 ? 'issuing' : `issuing-${number}`
}

function issuingWish({ folder, settings }: Place, root: Standing, number: number): Wish {
  const status = statusUrlsOf(settings.statusUrl, 'root')
  const suffix = number === 1 ? '' : ` ${number}`
  return {
    keyType: settings.keyType,
    keeps: () => true,
    isCurrent: (certificate) =>
      isFresh(certificate, settings.now()) && namesStatus(certificate, status),
    issue: async (key) => {
      const issuer = issuerOf(root)
      const pem = await issue({
        profile: PROFILES.issuing,
        subject: encodeName(parseName(SUBJECTS.issuing.replace('CA', `CA${suffix}`))),
        key,
        issuer,
        validity: validityOf(PROFILES.issuing, settings.now(), issuer),
        status,
      })
      await recordIssued(folder, pem, { profile: 'issuing', name: generationName(number) })
      return pem
    },
  }
}

async function completeRoot(root: PartialPair, { settings }: Place): Promise<Standing> {
  const { certificate, files } = root
  if (certificate && !root.key) {
    if (!isFresh(certificate.value, settings.now())) throw missingKey(files.key)
    return { ...root, certificate }
  }
  const profile = PROFILES.root
  return completePair(root, {
    keyType: settings.keyType,
    keeps: () => true,
    isCurrent: (present) => isFresh(present, settings.now()),
    issue: (key) =>
      issue({
        profile,
        subject: encodeName(parseName(SUBJECTS.root)),
        key,
        validity: validityOf(profile, settings.now()),
      }),
  })
}

export function issuerOf({ certificate, key, files }: Standing): Issuer {
  if (!key) throw missingKey(files.key)
  return { certificate: certificate.pem, key: key.value }
}

function checkRoot({ certificate, files }: PartialPair): void {
  if (!certificate) return
  if (certificate.value.ca && certificate.value.verify(certificate.value.publicKey)) return
  throw foreign(files.certificate, 'is not a root CA certificate')
}

function checkIssuing(issuing: PartialPair, root: PartialPair): void {
  if (!issuing.certificate) return
  const { certificate, key } = root
  const rootKey = certificate?.value.publicKey ?? (key && publicKeyOf(key.value))
  const { value } = issuing.certificate
  if (rootKey && value.ca && value.verify(rootKey)) return
  throw foreign(issuing.files.certificate, `is not a CA certificate signed by ${root.files.key}`)
}

function foreign(file: string, problem: string): AuthorityError {
  return new AuthorityError({
    code: 'foreign',
    file,
    problem,
    remedy: 'Put the right root and issuing files back, or choose an empty folder',
  })
}

export function missingKey(file: string): AuthorityError {
  return new AuthorityError({
    code: 'missing-key',
    file,
    problem: 'is missing and needed to sign a CA certificate or a CRL',
    remedy: 'Put it back, or choose an empty folder',
  })
}
