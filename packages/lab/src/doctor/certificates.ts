/** The certificates of the folder, each beside its key and its authority. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../errors.ts'
import type { Finding } from './finding.ts'

export async function certificates(certs: string): Promise<readonly Finding[]> {
  const files = await readdir(certs, { recursive: true }).catch(() => [])
  const names = files.filter((file) => file.endsWith('.certificate.pem')).toSorted()
  return Promise.all(names.map((name) => certificate(certs, name)))
}

async function certificate(certs: string, name: string): Promise<Finding> {
  try {
    const x509 = new X509Certificate(await readFile(join(certs, name)))
    const days = Math.floor((x509.validToDate.getTime() - Date.now()) / 86_400_000)
    const started = x509.validFromDate.getTime() <= Date.now()
    const misfit = await misfitOf(certs, name, x509)
    if (misfit !== undefined)
      return { name: titleOf(name), found: misfit, ok: false, remedy: REPLACE }
    return {
      name: titleOf(name),
      found: started ? `${days} days left` : `not valid before ${x509.validFrom}`,
      ok: started && days >= 0,
      ...(!started && { remedy: 'the clock of this machine is wrong, or was' }),
      ...(days < 0 && { remedy: 'the next start renews it' }),
    }
  } catch {
    return { name: titleOf(name), found: 'is no certificate', ok: false, remedy: REPLACE }
  }
}

const REPLACE =
  'put the right file back, or move it and its pair away; the next start makes new ones'

const titleOf = (name: string): string => `  ${name.replace('.certificate.pem', '')}`

/** Whether it belongs to its key, and to the authority beside it. */
async function misfitOf(
  certs: string,
  name: string,
  x509: X509Certificate,
): Promise<string | undefined> {
  const key = await read(certs, name.replace('.certificate.pem', '.key.pem'), createPrivateKey)
  if (key === 'corrupt') return 'its key is no private key'
  if (key && !x509.checkPrivateKey(key)) return 'its key is another’s'
  if (name.startsWith('root') || name.startsWith('self-signed'))
    return x509.verify(x509.publicKey) ? undefined : FOREIGN
  const signers = await authorities(certs, name.startsWith('issuing') ? /^root\./ : /^issuing/)
  // One that is no certificate is a finding of its own.
  if (signers.length === 0 || signers.some((one) => one === 'corrupt')) return undefined
  return signers.some((one) => one !== 'corrupt' && x509.verify(one.publicKey))
    ? undefined
    : FOREIGN
}

const FOREIGN = 'is signed by another authority'

/** After a rotation there are several that issue. */
async function authorities(certs: string, which: RegExp) {
  const files = (await readdir(certs)).filter(
    (file) => which.test(file) && file.endsWith('.certificate.pem'),
  )
  const found = await Promise.all(
    files.map((file) => read(certs, file, (pem) => new X509Certificate(pem))),
  )
  return found.filter((one) => one !== undefined)
}

/** `undefined` where there is no such file: the next start makes it. */
async function read<T>(
  certs: string,
  name: string,
  parse: (pem: string) => T,
): Promise<T | 'corrupt' | undefined> {
  try {
    return parse(await readFile(join(certs, name), 'utf8'))
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? undefined : 'corrupt'
  }
}
