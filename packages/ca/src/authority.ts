/**
 * The authority: a root CA and an issuing CA in a folder, and the leaf certificates made with them.
 * Idempotent throughout, so that whoever starts the lab a second time, with another process or after
 * a kill, finds the certificates of the first.
 */
import { resolve } from 'node:path'
import type { AlternativeNames } from './alternative-names.ts'
import { makeFolder } from './files.ts'
import type { Issuer } from './issue.ts'
import type { KeyType } from './key-types.ts'
import { ensureLeaf, type IssuedCredential, type LeafRequest } from './leaf.ts'
import { SERVER_NAMES } from './profiles.ts'
import { openRootAndIssuing } from './root-and-issuing.ts'

export interface AuthorityOptions {
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  /** Of every key that has to be made and is not asked for with another. Keys on disk are kept. */
  readonly keyType?: KeyType
}

export interface ServerRequest {
  /** Together with `ip`: localhost, 127.0.0.1 and ::1 if neither is given. */
  readonly dns?: readonly string[]
  readonly ip?: readonly string[]
  /** If given, a key on disk that is of another type is replaced. */
  readonly keyType?: KeyType
}

export interface ClientRequest extends AlternativeNames {
  /** RFC 4514, as in `tls_client_auth_subject_dn`: `CN=JohnDoe,OU=IT`. */
  readonly subject: string
  /** If given, a key on disk that is of another type is replaced. */
  readonly keyType?: KeyType
}

/**
 * Every method answers the certificate on disk if it is what is asked for and has enough of its life
 * left, and else issues it anew, keeping its key. They reject with AuthorityError.
 */
export interface Authority {
  /** PEM. */
  readonly root: string
  /** PEM. */
  readonly issuing: string
  /** PEM of what peers should trust: the root. Servers and clients send leaf and issuing CA. */
  readonly trust: string
  server(name: string, request?: ServerRequest): Promise<IssuedCredential>
  client(name: string, request: ClientRequest): Promise<IssuedCredential>
  /** For `self_signed_tls_client_auth` (RFC 8705 §2.2): no path; its chain is itself. */
  selfSigned(name: string, request: ClientRequest): Promise<IssuedCredential>
  /** The issuing CA with its private key: with it anything can be signed, as the fixtures do. */
  readonly issuer: Issuer
  /** Milliseconds since the epoch. */
  readonly now: () => number
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
  const settings = { now: options.now ?? Date.now, keyType: options.keyType ?? 'EC-P256' }
  await makeFolder(home)
  const authorities = await openRootAndIssuing(home, settings)
  const context = { ...authorities, folder: home, settings }
  const ensure = (request: LeafRequest): Promise<IssuedCredential> => ensureLeaf(context, request)
  const { root, issuing } = authorities
  return {
    root: root.certificate.pem,
    issuing: issuing.certificate.pem,
    trust: root.certificate.pem,
    server: (name, { keyType, ...names } = {}) =>
      ensure({
        kind: 'server',
        name,
        subject: `CN=${name}`,
        alternativeNames: names.dns || names.ip ? names : SERVER_NAMES,
        keyType,
      }),
    client: (name, { subject, keyType, ...alternativeNames }) =>
      ensure({ kind: 'client', name, subject, alternativeNames, keyType }),
    selfSigned: (name, { subject, keyType, ...alternativeNames }) =>
      ensure({ kind: 'selfSigned', name, subject, alternativeNames, keyType }),
    issuer: { certificate: issuing.certificate.pem, key: issuing.key.value },
    now: settings.now,
  }
}
