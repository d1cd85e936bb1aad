import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Certificate {
  readonly cert: string
  readonly key: string
}

export interface Certificates {
  readonly ca: string
  readonly server: Certificate
  /** Issued by the CA to `CN=tls-dpop`. */
  readonly client: Certificate
  /** Issued by the CA to somebody else. */
  readonly other: Certificate
  /** Issued by themselves. */
  readonly selfSigned: Certificate
  readonly unregistered: Certificate
}

/** Throwaway certificates of this test run, made by openssl in a temporary folder. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-as-'))
  const file = (name: string): string => join(folder, name)
  const make = (name: string, subject: string, ...more: readonly string[]): Certificate => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    const out = ['-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)]
    const args = ['req', '-x509', '-days', '2', ...key, ...out, '-subj', subject, ...more]
    execFileSync('openssl', args, { stdio: 'pipe' })
    return {
      cert: readFileSync(file(`${name}.crt`), 'utf8'),
      key: readFileSync(file(`${name}.key`), 'utf8'),
    }
  }
  try {
    const ca = make('ca', '/CN=Test CA', '-addext', 'keyUsage=critical,keyCertSign')
    const issued = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-addext']
    const leaf = 'basicConstraints=critical,CA:FALSE'
    return {
      ca: ca.cert,
      server: make(
        'server',
        '/CN=localhost',
        ...issued,
        leaf,
        '-addext',
        'subjectAltName=DNS:localhost',
      ),
      client: make('client', '/CN=tls-dpop', ...issued, leaf),
      other: make('other', '/CN=other', ...issued, leaf),
      selfSigned: make('self', '/CN=self-signed'),
      unregistered: make('unregistered', '/CN=self-signed'),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
