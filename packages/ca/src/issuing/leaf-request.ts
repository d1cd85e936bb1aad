/** What is asked for when a leaf is, what is answered, and which files hold it. */
import { join } from 'node:path'
import type { AlternativeNames } from '../encoding/alternative-names.ts'
import { AuthorityError } from '../error.ts'
import type { KeyType } from '../encoding/key-types.ts'
import { pairFiles } from '../disk/pair.ts'
import type { LeafProfile } from '../profiles.ts'

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

export function folderOf(kind: LeafKind): 'servers' | 'clients' | 'self-signed' {
  if (kind === 'server') return 'servers'
  return kind === 'selfSigned' ? 'self-signed' : 'clients'
}

export function filesFor(
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

export function foreign(file: string, problem: string): AuthorityError {
  const remedy = 'Move it and its pair away to have new ones made, or choose another name'
  return new AuthorityError({ code: 'foreign', file, problem, remedy })
}
