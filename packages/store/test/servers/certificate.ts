import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { newFolder } from './process.ts'

export interface Certificate {
  readonly files: { readonly key: string; readonly cert: string }
  /** PEM. */
  readonly key: string
  readonly cert: string
}

/** A certificate of localhost and 127.0.0.1 that only who has it as a root believes. */
export function selfSigned(): Certificate {
  const folder = newFolder()
  const files = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') }
  const made = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test'
  const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  spawnSync('openssl', [...made.split(' '), ...names, '-keyout', files.key, '-out', files.cert])
  return { files, key: readFileSync(files.key, 'utf8'), cert: readFileSync(files.cert, 'utf8') }
}
