/** The certificate that is meant: by PEM, by serial number, or by the name of its files. */
import type { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Context } from '../context.ts'
import { AuthorityError } from '../error.ts'
import { readText } from '../disk/files.ts'
import { type IssuedCertificate, readIssued } from './issued.ts'
import { isLocked } from '../disk/lock.ts'
import { parseCertificates } from '../disk/pem-files.ts'

/**
 * PEM, a serial number in hexadecimal (with or without colons), `clients/john`, `john`, or
 * `issuing`. Rejects with AuthorityError `unknown` for a certificate that we have not issued, and
 * for a name that two have.
 */
export async function findIssued(context: Context, which: string): Promise<IssuedCertificate> {
  const certificate = which.includes('-----BEGIN')
    ? parsePem(context, which)
    : await readNamed(context, which)
  const serial = certificate?.serialNumber ?? which.replaceAll(':', '').toUpperCase()
  const issued = await readIssued(context.folder, serial)
  // A twin from another CA has our serial number, and is none of ours.
  if (issued && (!certificate || certificate.raw.equals(issued.certificate.raw))) return issued
  throw unknownCertificate(
    context,
    certificate ? `the certificate ${serial}` : JSON.stringify(which),
  )
}

export function unknownCertificate({ folder }: Context, which: string): AuthorityError {
  return new AuthorityError({
    code: 'unknown',
    file: folder,
    problem: `has not issued ${which}`,
    remedy: 'Name a certificate of `list`, by serial number, file name or PEM',
  })
}

function parsePem({ folder }: Context, text: string): X509Certificate | undefined {
  return parseCertificates(folder, text)[0]
}

async function readNamed({ folder }: Context, name: string): Promise<X509Certificate | undefined> {
  if (!/^([a-z-]+\/)?[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) return undefined
  const places = name.includes('/') ? [name] : [`clients/${name}`, `servers/${name}`, name]
  const found: { readonly place: string; readonly path: string; readonly text: string }[] = []
  for (const place of places) {
    const path = join(folder, `${place}.certificate.pem`)
    const text = await readSettled(path)
    if (text !== undefined) found.push({ place, path, text })
  }
  if (found.length > 1) {
    const names = found.map(({ place }) => place).join(' and ')
    throw new AuthorityError({
      code: 'unknown',
      file: folder,
      problem: `has ${names}`,
      remedy: 'Say which of them is meant',
    })
  }
  const [one] = found
  return one && parseCertificates(one.path, one.text)[0]
}

/** While another process replaces key and certificate, the certificate is not there. */
async function readSettled(path: string): Promise<string | undefined> {
  for (let left = 100; ; left -= 1) {
    const text = await readText(path)
    if (text !== undefined || left === 0) return text
    // Read once more: it may have been given back in between.
    if (!(await isLocked(path))) return await readText(path)
    await wait(10)
  }
}
