import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from './mint.ts'

export interface Pair {
  readonly key: string
  readonly cert: string
}

export interface Certificates {
  readonly ca: string
  readonly server: Pair
  readonly alice: Pair
  readonly bob: Pair
  /** Signed by its own key, by no authority. */
  readonly selfSigned: Pair
}

const SELF_SIGNED =
  'req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -extensions v3'

/** A certificate authority and what it has signed, made by openssl in a folder that is removed. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'))
  const file = (name: string) => join(folder, name)
  const read = (name: string) => readFileSync(file(name), 'utf8')
  const openssl = (options: string) =>
    execFileSync('openssl', options.trim().split(' '), {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const make = (name: string, extension: string, by = ''): Pair => {
    writeFileSync(
      file('extensions.cnf'),
      `[req]\ndistinguished_name=dn\n[dn]\n[v3]\n${extension}\n`,
    )
    const files = `-keyout ${name}.key -out ${name}.pem -config extensions.cnf`
    openssl(`${SELF_SIGNED} ${files} -subj /CN=${name} ${by}`)
    return { key: read(`${name}.key`), cert: read(`${name}.pem`) }
  }
  try {
    const { cert: ca } = make('ca', 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign')
    const signed = '-CA ca.pem -CAkey ca.key'
    return {
      ca,
      server: make('server', 'subjectAltName=DNS:localhost,IP:127.0.0.1', signed),
      alice: make('alice', 'extendedKeyUsage=clientAuth', signed),
      bob: make('bob', 'extendedKeyUsage=clientAuth', signed),
      selfSigned: make('self', 'extendedKeyUsage=clientAuth'),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const x5t = ({ cert }: Pair): string => sha256(new X509Certificate(cert).raw)
