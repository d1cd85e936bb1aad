/** `init`, `issue`, `csr`, `renew`, `rotate`. */
import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import type { AlternativeNames } from '../encoding/alternative-names.ts'
import { makeCsr } from '../encoding/make-csr.ts'
import { AuthorityError } from '../error.ts'
import { createFile } from '../disk/files.ts'
import { generateKey, type KeyType, toPem } from '../encoding/key-types.ts'
import { type LeafProfile, SERVER_NAMES } from '../profiles.ts'
import { publishStatus, STATUS_FILE } from '../status/publish.ts'
import { renew as renewCertificate, rotate as rotateIssuing } from '../issuing/renew.ts'
import { nameRefusal } from '../issuing/names.ts'
import { signRequest } from '../issuing/sign-request.ts'
import { ensureLeaf } from '../issuing/leaf.ts'
import type { LeafKind } from '../issuing/leaf-request.ts'
import { type CommandResult, open, type Place } from './result.ts'

/** Makes the authority, or opens the one there is, and publishes its CRLs. */
export async function init(place: Place): Promise<CommandResult> {
  const authority = await open(place)
  await publishStatus(authority.context)
  const { root, issuing } = authority.context.hierarchy
  const { folder } = authority.context
  const json = {
    folder,
    root: root.files.certificate,
    issuing: issuing.files.certificate,
    status: join(folder, STATUS_FILE),
    rootFingerprint: root.certificate.value.fingerprint256,
  }
  const lines = [
    `root     ${json.root}`,
    `issuing  ${json.issuing}`,
    `status   ${json.status}`,
    `SHA-256 of the root: ${json.rootFingerprint}`,
  ]
  return { lines, json }
}

export interface IssueWish extends AlternativeNames {
  readonly name: string
  readonly profile: LeafKind
  /** RFC 4514; `CN=<name>` if absent. */
  readonly subject?: string
  readonly keyType?: KeyType
}

/** Idempotent: the certificate on disk is answered if it is what is asked for. */
export async function issue(place: Place, wish: IssueWish): Promise<CommandResult> {
  const { context } = await open(place)
  const { name, profile, subject, keyType, ...names } = wish
  const hasNames = Object.values(names).some((list) => list && list.length > 0)
  const { certificate, files } = await ensureLeaf(context, {
    kind: profile,
    name,
    subject: subject ?? (profile === 'spiffe' ? '' : `CN=${name}`),
    alternativeNames: profile === 'server' && !hasNames ? SERVER_NAMES : names,
    keyType,
  })
  const serial = new X509Certificate(certificate).serialNumber
  return {
    lines: [
      `certificate  ${files.certificate}`,
      `chain        ${files.chain}`,
      `key          ${files.key}`,
      `serial       ${serial}`,
    ],
    json: { serial, profile, files },
  }
}

export interface RequestWish extends AlternativeNames {
  /** RFC 4514. */
  readonly subject: string
  readonly keyType?: KeyType
  /** Path without ending: `<out>.key.pem` and `<out>.csr.pem` are made, never replaced. */
  readonly out: string
}

/** Makes a key and a request for it, as a client does that trusts nobody with its key. */
export async function makeRequest(wish: RequestWish): Promise<CommandResult> {
  const { subject, keyType = 'EC-P256', out, ...alternativeNames } = wish
  const key = await generateKey(keyType)
  const csr = await makeCsr(key, { subject, alternativeNames }).catch((cause: unknown) => {
    throw nameRefusal(out, cause)
  })
  const files = { key: `${out}.key.pem`, csr: `${out}.csr.pem` }
  await writeNew(files.key, toPem(key), 0o600)
  await writeNew(files.csr, csr, 0o644)
  return { lines: [`key  ${files.key}`, `csr  ${files.csr}`], json: { files } }
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  if ((await createFile({ path, text, mode })) === text) return
  throw new AuthorityError({
    code: 'unwritable',
    file: path,
    problem: 'is there already',
    remedy: 'Choose another name, or move it away',
  })
}

export interface SignWish {
  /** PEM or DER: the content, not the path. */
  readonly csr: string | Buffer
  readonly profile: LeafProfile
}

export async function signCsr(place: Place, { csr, profile }: SignWish): Promise<CommandResult> {
  const signed = await signRequest(await open(place), csr, profile)
  const dropped = signed.dropped.map((wish) => `# not granted: ${wish}`)
  return { lines: [...dropped, ...signed.chain.trimEnd().split('\n')], json: signed }
}

export interface RenewWish {
  /** Serial number, name or PEM. */
  readonly which: string
  /** `same key` if absent. */
  readonly key?: 'same key' | 'new key'
}

export async function renew(place: Place, { which, key }: RenewWish): Promise<CommandResult> {
  const { serial, chain, certificate } = await renewCertificate(await open(place), which, key)
  const to = new X509Certificate(certificate).validToDate.toISOString()
  const lines = [`serial  ${serial}`, `until   ${to}`]
  return { lines, json: { serial, validTo: to, chain } }
}

export async function rotate(place: Place): Promise<CommandResult> {
  const authority = await open(place)
  const pem = await rotateIssuing(authority)
  const { issuingName, generations } = authority.context.hierarchy
  const before = generations.slice(0, -1).map(({ name }) => name)
  return {
    lines: [`${issuingName} signs from now on`, `still good: ${before.join(', ')}`],
    json: { issuing: issuingName, before, pem },
  }
}
