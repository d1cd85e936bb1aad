/** What the tests share: temporary folders, and openssl, the judge that is not ours. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { X509Certificate } from 'node:crypto'
import type { Authority } from '../src/index.ts'
import { pemBlocks } from '../src/encoding/pem.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-ca-'))
  folders.push(folder)
  return folder
}

/** All files below the folder with their bytes: equal before and after means untouched. */
export function snapshot(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((f) =>
    f.isFile(),
  )
  return Object.fromEntries(
    files
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort()
      .map((path) => [path, readFileSync(path, 'latin1')]),
  )
}

/** `missing`: there is no such program. */
export function run(
  command: string,
  args: readonly string[],
  input = '',
): { readonly ok: boolean; readonly output: string; readonly missing: boolean } {
  const options = { input, encoding: 'utf8' } as const
  const { status, stdout, stderr, error } = spawnSync(command, args, options)
  return { ok: status === 0, output: `${stdout}${stderr}`, missing: error !== undefined }
}

export function openssl(args: readonly string[], input = ''): { ok: boolean; output: string } {
  return run('openssl', args, input)
}

export interface Question {
  readonly trust: string
  readonly chain: string
  readonly purpose: 'sslclient' | 'sslserver'
}

/** The verdict of `openssl verify -x509_strict` on the first certificate of the chain. */
export function verify({ trust, chain, purpose }: Question, more: readonly string[] = []) {
  const folder = newFolder()
  const [trustFile, chainFile] = [join(folder, 'trust.pem'), join(folder, 'chain.pem')]
  writeFileSync(trustFile, trust)
  writeFileSync(chainFile, chain)
  const files = ['-CAfile', trustFile, '-untrusted', chainFile, ...more, chainFile]
  return openssl(['verify', '-x509_strict', '-purpose', purpose, ...files])
}

export function verifyClient(authority: Authority, chain: string, more: readonly string[] = []) {
  return verify({ trust: authority.trust, chain, purpose: 'sslclient' }, more)
}

/** The leaf first. */
export function chainOf(pem: string): X509Certificate[] {
  return pemBlocks('CERTIFICATE', pem).map((der) => new X509Certificate(der))
}
