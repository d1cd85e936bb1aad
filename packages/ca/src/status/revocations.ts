/**
 * What was revoked: one small file per serial number, created and never half written, so that it
 * survives a kill and two processes revoke at once without a lock. Read into memory once and again
 * when the folder changes; a revocation by another process is seen at the next look.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AuthorityError } from '../error.ts'
import { createFile, listFolder, readText, removeFile, replaceFile } from '../disk/files.ts'

/** RFC 5280 §5.3.1, with the numbers of the reasonCode extension. */
export const REVOCATION_REASONS = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const

export type RevocationReason = keyof typeof REVOCATION_REASONS

export interface Revocation {
  readonly serial: string
  /** `root`, `issuing`, `issuing-2`, …: on whose CRL it stands. */
  readonly issuer: string
  readonly reason: RevocationReason
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Of the certificate's notAfter; it may leave the CRL after that (RFC 5280 §3.3). */
  readonly expires: number
  /** `keyFingerprint` of its key: a compromised key is never certified again. */
  readonly key: string
}

/** A folder's time can stand still for a kernel tick: younger than this it proves nothing. */
const SETTLED = 100

export class Revocations {
  readonly #folder: string
  #bySerial: ReadonlyMap<string, Revocation> = new Map()
  #seen = ''

  constructor(folder: string) {
    this.#folder = join(folder, 'revoked')
  }

  async current(): Promise<ReadonlyMap<string, Revocation>> {
    const stamp = await this.#stamp()
    if (stamp !== undefined && stamp === this.#seen) return this.#bySerial
    const files = (await listFolder(this.#folder)).filter((file) => file.endsWith('.json'))
    const entries = await Promise.all(
      files.map(async (file): Promise<[string, Revocation] | undefined> => {
        const serial = file.slice(0, -'.json'.length)
        const known = this.#bySerial.get(serial)
        // Only a hold can change; all else is read once.
        const revocation =
          known && known.reason !== 'certificateHold' ? known : await this.#read(serial)
        return revocation && [serial, revocation]
      }),
    )
    this.#bySerial = new Map(entries.filter((entry) => entry !== undefined))
    this.#seen = stamp ?? ''
    return this.#bySerial
  }

  /** Answers the revocation that stands: an earlier one stays, but for a hold. */
  async add(revocation: Revocation): Promise<Revocation> {
    const path = this.#path(revocation.serial)
    const content = { path, text: `${JSON.stringify(revocation)}\n`, mode: 0o644 }
    await createFile(content)
    const standing = await this.#read(revocation.serial)
    this.#seen = ''
    if (standing?.reason !== 'certificateHold' || revocation.reason === 'certificateHold') {
      return standing ?? revocation
    }
    await replaceFile(content)
    return revocation
  }

  /** Ends a hold. */
  async remove(serial: string): Promise<void> {
    await removeFile(this.#path(serial))
    this.#seen = ''
  }

  /** `undefined` while the folder is too young to be trusted: the next look reads it again. */
  async #stamp(): Promise<string | undefined> {
    try {
      const { mtimeMs, ino } = await stat(this.#folder)
      return Date.now() - mtimeMs < SETTLED ? undefined : `${ino} ${mtimeMs}`
    } catch {
      return undefined // not there yet, or unreadable, which `listFolder` will say
    }
  }

  #path(serial: string): string {
    return join(this.#folder, `${serial}.json`)
  }

  async #read(serial: string): Promise<Revocation | undefined> {
    const path = this.#path(serial)
    const text = await readText(path)
    if (text === undefined) return undefined
    try {
      const parsed: unknown = JSON.parse(text)
      if (isRevocation(parsed) && parsed.serial === serial) return parsed
    } catch {
      // falls through to the refusal
    }
    throw new AuthorityError({
      code: 'corrupt',
      file: path,
      problem: 'is not a revocation',
      remedy: 'Put the right file back, or delete it and revoke the certificate again',
    })
  }
}

function isRevocation(value: unknown): value is Revocation {
  if (typeof value !== 'object' || value === null) return false
  const { serial, issuer, reason, at, expires, key }: Partial<Record<keyof Revocation, unknown>> =
    value
  return (
    [serial, issuer, key].every((text) => typeof text === 'string') &&
    [at, expires].every(Number.isSafeInteger) &&
    typeof reason === 'string' &&
    Object.hasOwn(REVOCATION_REASONS, reason)
  )
}
