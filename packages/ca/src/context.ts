/** What every operation of an authority works on: its folder, its CAs as they are now, its settings. */
import type { X509Certificate } from 'node:crypto'
import { AuthorityError } from './error.ts'
import {
  type CertificateAuthority,
  type Hierarchy,
  issuerOf,
  openHierarchy,
  type Settings,
} from './issuing/hierarchy.ts'
import { statusUrlsOf, type StatusUrls } from './status/status-urls.ts'
import type { Issuer } from './issuing/issue.ts'
import { type Revocation, Revocations } from './status/revocations.ts'

export class Context {
  readonly folder: string
  readonly settings: Settings
  readonly revocations: Revocations
  /** As last read. */
  hierarchy: Hierarchy

  constructor(folder: string, settings: Settings, hierarchy: Hierarchy) {
    this.folder = folder
    this.settings = settings
    this.hierarchy = hierarchy
    this.revocations = new Revocations(folder)
  }

  /** Reads the CAs again, since another process may have rotated them; renews what has grown old. */
  async refresh(): Promise<Hierarchy> {
    this.hierarchy = await openHierarchy(this)
    return this.hierarchy
  }

  /** The CA that signs, unless it was revoked. */
  async signer(): Promise<Signer> {
    const { issuing, issuingName } = this.hierarchy
    const revoked = await this.revocations.current()
    if (revoked.has(issuing.certificate.value.serialNumber)) {
      throw new AuthorityError({
        code: 'revoked',
        file: issuing.files.certificate,
        problem: 'is revoked and signs nothing any more',
        remedy: 'Rotate the issuing CA',
      })
    }
    return {
      issuer: issuerOf(issuing),
      status: statusUrlsOf(this.settings.statusUrl, issuingName),
    }
  }

  /** The CA that has signed the certificate; `undefined` if none of ours has. */
  issuerOf(certificate: X509Certificate): CertificateAuthority | undefined {
    const { root, generations } = this.hierarchy
    return [...generations, { name: 'root', pair: root }].find(({ pair }) =>
      certificate.verify(pair.certificate.value.publicKey),
    )
  }
}

export interface Signer {
  readonly issuer: Issuer
  readonly status: StatusUrls | undefined
}

/** A certificate on hold may yet be good again; any other revocation is for ever. */
export function isGone(revocation: Revocation | undefined): boolean {
  return revocation !== undefined && revocation.reason !== 'certificateHold'
}

/** Fingerprints of the keys that somebody else is known to have. */
export function compromisedKeys(revoked: ReadonlyMap<string, Revocation>): ReadonlySet<string> {
  const keys = [...revoked.values()].filter(({ reason }) => COMPROMISE.has(reason))
  return new Set(keys.map(({ key }) => key))
}

const COMPROMISE: ReadonlySet<string> = new Set(['keyCompromise', 'cACompromise', 'aACompromise'])
