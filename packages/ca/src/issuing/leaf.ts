/** Leaf certificates on disk: kept while they are what is asked for, issued again when they are not. */
import { X509Certificate } from 'node:crypto'
import { isOf } from './as-asked.ts'
import { compromisedKeys, type Context, isGone } from '../context.ts'
import { namesStatus } from './extensions.ts'
import { readText, replaceFile } from '../disk/files.ts'
import { statusUrlsOf } from '../status/status-urls.ts'
import { issue, publicKeyOf, validityOf } from './issue.ts'
import { keyFingerprint, recordIssued } from './issued.ts'
import { keyTypeOf } from '../encoding/key-types.ts'
import {
  filesFor,
  folderOf,
  foreign,
  type IssuedCredential,
  type LeafRequest,
} from './leaf-request.ts'
import { encodeNames, type EncodedNames } from './names.ts'
import { completePair, isFresh, readPair, type Wish } from '../disk/pair.ts'
import { parseCertificates } from '../disk/pem-files.ts'
import { PROFILES } from '../profiles.ts'
import { ensureSelfSigned } from './self-signed.ts'

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
