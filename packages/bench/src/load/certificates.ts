/** Two self-signed certificates: the servers', and that of the one client that has one. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { certificateThumbprint } from '@holdfast/client'

export interface ClientCertificate {
  /** PEM. */
  readonly key: string
  readonly cert: string
  /** Both, as ab wants them. */
  readonly file: string
  readonly thumbprint: string
}

const run = promisify(execFile)

/** With P-256, as is usual. */
export async function selfSigned(folder: string, name: string): Promise<ClientCertificate> {
  const [keyFile, certFile] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)]
  // oxfmt-ignore
  await run('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1',
    '-keyout', keyFile, '-out', certFile,
  ])
  const [key, cert] = await Promise.all([readFile(keyFile, 'utf8'), readFile(certFile, 'utf8')])
  const file = join(folder, `${name}.pem`)
  await writeFile(file, cert + key)
  return { key, cert, file, thumbprint: certificateThumbprint(cert) }
}
