/**
 * The authority: a root CA and an issuing CA in a folder, and the certificates made with them.
 * Idempotent throughout, so that whoever starts the lab a second time, with another process or after
 * a kill, finds the certificates of the first.
 */
import { resolve } from 'node:path'
import type { AlternativeNames } from './encoding/alternative-names.ts'
import { Context } from './context.ts'
import { makeFolder } from './disk/files.ts'
import { issuerOf, openHierarchy } from './issuing/hierarchy.ts'
import type { Issuer } from './issuing/issue.ts'
import type { KeyType } from './encoding/key-types.ts'
import { ensureLeaf } from './issuing/leaf.ts'
import type { IssuedCredential } from './issuing/leaf-request.ts'
import { type ClientProfile, SERVER_NAMES } from './profiles.ts'
import { adoptIssued } from './issuing/adopt.ts'

export interface AuthorityOptions {
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  /** Of every key that has to be made and is not asked for with another. Keys on disk are kept. */
  readonly keyType?: KeyType
  /**
   * Where `statusListener` will be reached, such as `http://localhost:9081`: written into every
   * certificate as CRL distribution point and authority information access. A certificate on disk
   * that names another is issued again, with its key. Absent: new ones name none, others are kept.
   */
  readonly statusUrl?: string
}

export interface ServerRequest {
  /** Together with `ip`: localhost, 127.0.0.1 and ::1 if neither is given. */
  readonly dns?: readonly string[]
  readonly ip?: readonly string[]
  /** If given, a key on disk that is of another type is replaced. */
  readonly keyType?: KeyType
}

export interface SelfSignedRequest extends AlternativeNames {
  /** RFC 4514, as in `tls_client_auth_subject_dn`: `CN=JohnDoe,OU=IT`. */
  readonly subject: string
  /** If given, a key on disk that is of another type is replaced. */
  readonly keyType?: KeyType
}

export interface ClientRequest extends SelfSignedRequest {
  /** `client` if absent. */
  readonly profile?: ClientProfile
}

/**
 * Every method answers the certificate on disk if it is what is asked for, is not revoked and has
 * enough of its life left, and else issues it anew, keeping its key unless that is compromised. They
 * reject with AuthorityError.
 */
export interface Authority {
  /** PEM. */
  readonly root: string
  /** PEM of the issuing CA that signs now. */
  readonly issuing: string
  /** PEM of what peers should trust: the root. Servers and clients send leaf and issuing CA. */
  readonly trust: string
  server(name: string, request?: ServerRequest): Promise<IssuedCredential>
  client(name: string, request: ClientRequest): Promise<IssuedCredential>
  /** For `self_signed_tls_client_auth` (RFC 8705 §2.2): no path; its chain is itself. */
  selfSigned(name: string, request: SelfSignedRequest): Promise<IssuedCredential>
  /** The issuing CA with its private key: with it anything can be signed, as the fixtures do. */
  readonly issuer: Issuer
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** What the functions of this package that take an authority work on. */
  readonly context: Context
}

/**
 * Opens the authority in the folder, or makes it. Rejects with AuthorityError, and has then changed
 * nothing, if a file is unreadable, corrupt, foreign or does not fit its pair.
 */
export async function openAuthority(
  folder: string,
  options: AuthorityOptions = {},
): Promise<Authority> {
  const home = resolve(folder)
  const settings = {
    now: options.now ?? Date.now,
    keyType: options.keyType ?? 'EC-P256',
    statusUrl: options.statusUrl,
  } as const
  await makeFolder(home)
  const hierarchy = await openHierarchy({ folder: home, settings })
  const context = new Context(home, settings, hierarchy)
  await adoptIssued(context)
  return {
    get root() {
      return context.hierarchy.root.certificate.pem
    },
    get issuing() {
      return context.hierarchy.issuing.certificate.pem
    },
    get trust() {
      return context.hierarchy.root.certificate.pem
    },
    get issuer() {
      return issuerOf(context.hierarchy.issuing)
    },
    server: (name, { keyType, ...names } = {}) =>
      ensureLeaf(context, {
        kind: 'server',
        name,
        subject: `CN=${name}`,
        alternativeNames: names.dns || names.ip ? names : SERVER_NAMES,
        keyType,
      }),
    client: (name, { subject, keyType, profile = 'client', ...alternativeNames }) =>
      ensureLeaf(context, { kind: profile, name, subject, alternativeNames, keyType }),
    selfSigned: (name, { subject, keyType, ...alternativeNames }) =>
      ensureLeaf(context, { kind: 'selfSigned', name, subject, alternativeNames, keyType }),
    now: settings.now,
    context,
  }
}
