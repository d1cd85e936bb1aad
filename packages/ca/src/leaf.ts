/** Leaf certificates on disk: kept while they are what is asked for, issued again when they are not. */
import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import type { AlternativeNames } from './alternative-names.ts'
import { EXTENSION, fieldsOf } from './certificate-fields.ts'
import { compromisedKeys, type Context, isGone } from './context.ts'
import { AuthorityError } from './error.ts'
import { profileExtensions } from './extensions.ts'
import { readText, replaceFile } from './files.ts'
import { namesStatus, pairFiles, statusUrlsOf } from './hierarchy.ts'
import { issue, publicKeyOf, validityOf } from './issue.ts'
import { keyFingerprint, recordIssued } from './issued.ts'
import { type KeyType, keyTypeOf } from './key-types.ts'
import { encodeNames, type EncodedNames } from './names.ts'
import { completePair, isFresh, parseCertificates, readPair, type Wish } from './pair.ts'
import { type LeafProfile, type Profile, PROFILES } from './profiles.ts'

/** All three PEM. */
export interface Credential {
  readonly certificate: string
  /** The leaf, then the issuing CA: what a peer is sent. */
  readonly chain: string
  readonly key: string
}

export interface IssuedCredential extends Credential {
  /** Absolute paths. */
  readonly files: { readonly certificate: string; readonly chain: string; readonly key: string }
}

export type LeafKind = LeafProfile | 'selfSigned'

export interface LeafRequest {
  readonly kind: LeafKind
  readonly name: string
  /** RFC 4514. */
  readonly subject: string
  readonly alternativeNames: AlternativeNames
  readonly keyType?: KeyType | undefined
  /** A new certificate even if the one on disk is what is asked for; with the same or a new key. */
  readonly renew?: 'same key' | 'new key' | undefined
}

function folderOf(kind: LeafKind): 'servers' | 'clients' | 'self-signed' {
  if (kind === 'server') return 'servers'
  return kind === 'selfSigned' ? 'self-signed' : 'clients'
}

export async function ensureLeaf(
  context: Context,
  request: LeafRequest,
): Promise<IssuedCredential> {
  const files = filesFor(context.folder, request)
  const names = encodeNames(files.certificate, request.kind, request)
  if (request.kind === 'selfSigned') return ensureSelfSigned(context, request, files, names)
  await context.refresh()
  const onDisk = await readPair(files)
  const chainOnDisk = await readChain(context, files.chain)
  if (onDisk.certificate) {
    const leaf = onDisk.certificate.value
    if (!context.issuerOf(leaf) && !chainOnDisk?.issuer?.verify(leaf)) {
      throw foreign(files.certificate, 'is not signed by our issuing CA')
    }
  }
  const writeChain = async (pem: string): Promise<void> => {
    const text = chainFor(context, files, pem)
    await replaceFile({ path: files.chain, text, mode: 0o644 })
  }
  const wish = await leafWish(context, request, names)
  const pair = await completePair(onDisk, { ...wish, finish: writeChain })
  const { pem } = pair.certificate
  const chain = chainFor(context, files, pem)
  // Lost, or not written before a kill, or left from before the CA was renewed.
  const untouched = onDisk.certificate?.pem === pem
  if (untouched && chainOnDisk?.text !== chain) await writeChain(pem)
  return { certificate: pem, chain, key: pair.key.pem, files }
}

function chainFor(context: Context, files: IssuedCredential['files'], pem: string): string {
  const issuer = context.issuerOf(new X509Certificate(pem))
  if (!issuer) throw foreign(files.certificate, 'is not signed by our issuing CA')
  return pem + issuer.pair.certificate.pem
}

async function leafWish(
  context: Context,
  request: LeafRequest,
  names: EncodedNames,
): Promise<Wish> {
  const { settings } = context
  const { kind, keyType } = request
  const revoked = await context.revocations.current()
  const compromised = compromisedKeys(revoked)
  return {
    keyType: keyType ?? settings.keyType,
    keeps: (key) =>
      request.renew !== 'new key' &&
      (keyType === undefined || keyTypeOf(key) === keyType) &&
      !compromised.has(keyFingerprint(publicKeyOf(key))),
    isCurrent: (leaf) => {
      const signedBy = context.issuerOf(leaf)
      const caSerial = signedBy?.pair.certificate.value.serialNumber ?? ''
      return (
        request.renew === undefined &&
        isFresh(leaf, settings.now()) &&
        signedBy !== undefined &&
        !revoked.has(caSerial) &&
        !isGone(revoked.get(leaf.serialNumber)) &&
        namesStatus(leaf, statusUrlsOf(settings.statusUrl, signedBy.name)) &&
        isOf(leaf, PROFILES[kind], names)
      )
    },
    issue: async (key) => {
      const { issuer, status } = await context.signer()
      const validity = validityOf(PROFILES[kind], settings.now(), issuer)
      const pem = await issue({ profile: PROFILES[kind], ...names, key, issuer, validity, status })
      const name = `${folderOf(kind)}/${request.name}`
      if (kind !== 'selfSigned') await recordIssued(context.folder, pem, { profile: kind, name })
      return pem
    },
  }
}

async function ensureSelfSigned(
  { settings }: Context,
  { keyType, renew }: LeafRequest,
  files: IssuedCredential['files'],
  names: EncodedNames,
): Promise<IssuedCredential> {
  const profile = PROFILES.selfSigned
  const onDisk = await readPair(files)
  const leaf = onDisk.certificate?.value
  if (leaf && !leaf.verify(leaf.publicKey)) throw foreign(files.certificate, 'is not self-signed')
  const pair = await completePair(onDisk, {
    keyType: keyType ?? settings.keyType,
    keeps: (key) => renew !== 'new key' && (keyType === undefined || keyTypeOf(key) === keyType),
    isCurrent: (present) =>
      renew === undefined && isFresh(present, settings.now()) && isOf(present, profile, names),
    issue: (key) =>
      issue({ profile, ...names, key, validity: validityOf(profile, settings.now()) }),
  })
  const { pem } = pair.certificate
  return { certificate: pem, chain: pem, key: pair.key.pem, files }
}

function filesFor(
  folder: string,
  { kind, name }: Pick<LeafRequest, 'kind' | 'name'>,
): IssuedCredential['files'] {
  const home = join(folder, folderOf(kind))
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) {
    throw new AuthorityError({
      code: 'bad-request',
      file: home,
      problem: `${JSON.stringify(name)} cannot be a file name here`,
      remedy: 'Use letters, digits, ".", "_", "-"',
    })
  }
  const files = pairFiles(home, name)
  const chain = kind === 'selfSigned' ? files.certificate : join(home, `${name}.chain.pem`)
  return { ...files, chain }
}

/** Equal bytes, since names and profiles are always encoded alike. */
function isOf(leaf: X509Certificate, profile: Profile, names: EncodedNames): boolean {
  const { subject, extensions } = fieldsOf(leaf)
  const wanted = profileExtensions(profile)
  const usages = [EXTENSION.extendedKeyUsage, EXTENSION.certificatePolicies, EXTENSION.qcStatements]
  const alternativeNames = extensions.get(EXTENSION.subjectAltName)
  return (
    subject.equals(names.subject) &&
    alternativeNames?.toString('hex') === names.alternativeNames?.toString('hex') &&
    wanted.every(({ oid, value }) => extensions.get(oid)?.equals(value) === true) &&
    usages.every((oid) => !extensions.has(oid) || wanted.some((one) => one.oid === oid))
  )
}

interface Chain {
  readonly text: string
  /** The issuing CA of when the chain was written: its files may since have been lost. */
  readonly issuer: { verify(leaf: X509Certificate): boolean } | undefined
}

async function readChain({ hierarchy }: Context, file: string): Promise<Chain | undefined> {
  const text = await readText(file)
  if (text === undefined) return undefined
  const issuing = parseCertificates(file, text).at(-1)
  if (!issuing?.ca || !issuing.verify(hierarchy.root.certificate.value.publicKey)) {
    throw foreign(file, 'does not end with an issuing CA signed by our root')
  }
  return { text, issuer: { verify: (leaf) => leaf.verify(issuing.publicKey) } }
}

function foreign(file: string, problem: string): AuthorityError {
  const remedy = 'Move it and its pair away to have new ones made, or choose another name'
  return new AuthorityError({ code: 'foreign', file, problem, remedy })
}
