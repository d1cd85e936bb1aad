/** Leaf certificates on disk: kept while they are what is asked for, issued again when they are not. */
import type { KeyObject, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { type AlternativeNames, encodeAlternativeNames } from './alternative-names.ts'
import { EXTENSION, fieldsOf } from './certificate-fields.ts'
import { MalformedDer } from './der.ts'
import { encodeName } from './distinguished-name.ts'
import { AuthorityError } from './error.ts'
import { readText, replaceFile } from './files.ts'
import { issue, validityOf } from './issue.ts'
import type { KeyType } from './key-types.ts'
import { completePair, isFresh, parseCertificates, readPair } from './pair.ts'
import { PROFILES } from './profiles.ts'
import { NameSyntaxError, parseName } from './rfc4514.ts'
import { pairFiles, type RootAndIssuing, type Settings } from './root-and-issuing.ts'

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

export interface LeafRequest {
  readonly kind: 'server' | 'client' | 'selfSigned'
  readonly name: string
  /** RFC 4514. */
  readonly subject: string
  readonly alternativeNames: AlternativeNames
  readonly keyType?: KeyType | undefined
}

export interface LeafContext extends RootAndIssuing {
  readonly folder: string
  readonly settings: Settings
}

const FOLDERS = { server: 'servers', client: 'clients', selfSigned: 'self-signed' } as const

export async function ensureLeaf(
  context: LeafContext,
  request: LeafRequest,
): Promise<IssuedCredential> {
  const { root, issuing, settings } = context
  const { kind, keyType } = request
  const files = filesFor(context.folder, request)
  const names = encodeNames(files.certificate, request)
  const issuer =
    kind === 'selfSigned'
      ? undefined
      : { certificate: issuing.certificate.pem, key: issuing.key.value }
  const onDisk = await readPair(files)
  const chainOnDisk = issuer && (await readChain(files.chain, root.certificate.value.publicKey))
  const signers = chainOnDisk?.signers ?? []
  const signerKey = (leaf: X509Certificate): KeyObject =>
    issuer ? issuing.certificate.value.publicKey : leaf.publicKey
  if (onDisk.certificate) {
    const leaf = onDisk.certificate.value
    const ours = [signerKey(leaf), ...signers].some((key) => leaf.verify(key))
    if (!ours)
      throw foreign(
        files.certificate,
        issuer ? 'is not signed by our issuing CA' : 'is not self-signed',
      )
  }
  const pair = await completePair(onDisk, {
    keyType: keyType ?? settings.keyType,
    replacesOtherKeys: keyType !== undefined,
    isCurrent: (leaf) =>
      isFresh(leaf, settings.now()) && leaf.verify(signerKey(leaf)) && bears(leaf, names, kind),
    issue: (key) => {
      const validity = validityOf(PROFILES[kind], settings.now(), issuer)
      return issue({ profile: PROFILES[kind], ...names, key, issuer, validity })
    },
  })
  const { pem } = pair.certificate
  const chain = issuer ? pem + issuer.certificate : pem
  if (issuer && chainOnDisk?.text !== chain) {
    await replaceFile({ path: files.chain, text: chain, mode: 0o644 })
  }
  return { certificate: pem, chain, key: pair.key.pem, files }
}

function filesFor(folder: string, { kind, name }: LeafRequest): IssuedCredential['files'] {
  const home = join(folder, FOLDERS[kind])
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) {
    throw badRequest(
      home,
      `${JSON.stringify(name)} cannot be a file name here`,
      'Use letters, digits, ".", "_", "-"',
    )
  }
  const files = pairFiles(home, name)
  const chain = kind === 'selfSigned' ? files.certificate : join(home, `${name}.chain.pem`)
  return { ...files, chain }
}

interface EncodedNames {
  readonly subject: Buffer
  readonly alternativeNames: Buffer | undefined
}

function encodeNames(file: string, request: LeafRequest): EncodedNames {
  try {
    return {
      subject: encodeName(parseName(request.subject)),
      alternativeNames: encodeAlternativeNames(request.alternativeNames),
    }
  } catch (cause) {
    if (!(cause instanceof NameSyntaxError || cause instanceof MalformedDer)) throw cause
    throw badRequest(
      file,
      cause.message,
      'Write the subject as in RFC 4514, for example CN=JohnDoe,OU=IT',
    )
  }
}

/** Equal bytes, since the names are always encoded alike; and the purpose, should files have been moved. */
function bears(leaf: X509Certificate, names: EncodedNames, kind: LeafRequest['kind']): boolean {
  const { subject, extensions } = fieldsOf(leaf)
  const alternativeNames = extensions.get(EXTENSION.subjectAltName)
  return (
    subject.equals(names.subject) &&
    alternativeNames?.toString('hex') === names.alternativeNames?.toString('hex') &&
    (leaf.keyUsage ?? []).join() === PROFILES[kind].extendedKeyUsage.join()
  )
}

interface Chain {
  readonly text: string
  /** The key of the issuing CA of when the chain was written: it may since have been replaced. */
  readonly signers: readonly KeyObject[]
}

async function readChain(file: string, rootKey: KeyObject): Promise<Chain | undefined> {
  const text = await readText(file)
  if (text === undefined) return undefined
  const issuing = parseCertificates(file, text).at(-1)
  if (!issuing?.ca || !issuing.verify(rootKey)) {
    throw foreign(file, 'does not end with an issuing CA signed by our root')
  }
  return { text, signers: [issuing.publicKey] }
}

function foreign(file: string, problem: string): AuthorityError {
  const remedy = 'Move it and its pair away to have new ones made, or choose another name'
  return new AuthorityError({ code: 'foreign', file, problem, remedy })
}

function badRequest(file: string, problem: string, remedy: string): AuthorityError {
  return new AuthorityError({ code: 'bad-request', file, problem, remedy })
}
