/**
 * The root CA and the issuing CA of a folder. Everything is read and checked before the first write,
 * so that a folder that is refused is also untouched.
 */
import { join } from 'node:path'
import { encodeName } from './distinguished-name.ts'
import { AuthorityError } from './error.ts'
import { issue, type Issuer, publicKeyOf, validityOf } from './issue.ts'
import type { KeyType } from './key-types.ts'
import { completePair, isFresh, type Pair, type PartialPair, readPair, type Wish } from './pair.ts'
import { PROFILES, SUBJECTS } from './profiles.ts'
import { parseName } from './rfc4514.ts'

export interface Settings {
  readonly now: () => number
  readonly keyType: KeyType
}

export interface RootAndIssuing {
  /** The root's key may be kept elsewhere: it is only needed to make or renew CA certificates. */
  readonly root: Pick<Pair, 'certificate' | 'files'>
  readonly issuing: Pair
}

export async function openRootAndIssuing(
  folder: string,
  settings: Settings,
): Promise<RootAndIssuing> {
  const pairs = {
    root: await readPair(pairFiles(folder, 'root')),
    issuing: await readPair(pairFiles(folder, 'issuing')),
  }
  checkRoot(pairs.root)
  checkIssuing(pairs.issuing, pairs.root)
  const root = await completeRoot(pairs.root, settings)
  const issuing = await completePair(
    pairs.issuing,
    wishFor('issuing', settings, () => issuerOf(root)),
  )
  return { root, issuing }
}

export function pairFiles(folder: string, name: string): { certificate: string; key: string } {
  const path = join(folder, name)
  return { certificate: `${path}.certificate.pem`, key: `${path}.key.pem` }
}

function wishFor(
  kind: 'root' | 'issuing',
  settings: Settings,
  issuer: () => Issuer | undefined,
): Wish {
  return {
    keyType: settings.keyType,
    replacesOtherKeys: false,
    isCurrent: (certificate) => isFresh(certificate, settings.now()),
    issue: (key) =>
      issue({
        profile: PROFILES[kind],
        subject: encodeName(parseName(SUBJECTS[kind])),
        key,
        issuer: issuer(),
        validity: validityOf(PROFILES[kind], settings.now(), issuer()),
      }),
  }
}

async function completeRoot(
  root: PartialPair,
  settings: Settings,
): Promise<RootAndIssuing['root']> {
  const { certificate, files } = root
  if (!certificate || root.key)
    return completePair(
      root,
      wishFor('root', settings, () => undefined),
    )
  if (!isFresh(certificate.value, settings.now())) throw missingKey(files.key)
  return { ...root, certificate }
}

function issuerOf(root: RootAndIssuing['root'] & Partial<Pair>): Issuer {
  if (!root.key) throw missingKey(root.files.key)
  return { certificate: root.certificate.pem, key: root.key.value }
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

function missingKey(file: string): AuthorityError {
  return new AuthorityError({
    code: 'missing-key',
    file,
    problem: 'is missing and needed to make or renew a CA certificate',
    remedy: 'Put it back, or choose an empty folder',
  })
}
