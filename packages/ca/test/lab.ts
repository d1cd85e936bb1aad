/** What the tests share: temporary folders, and openssl, the judge that is not ours. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { Authority } from '../src/index.ts'

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

export function openssl(args: readonly string[], input = ''): { ok: boolean; output: string } {
  const { status, stdout, stderr } = spawnSync('openssl', args, { input, encoding: 'utf8' })
  return { ok: status === 0, output: stdout + stderr }
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
