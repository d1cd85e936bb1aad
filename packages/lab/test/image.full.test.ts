/** What the Dockerfile installs is enough for every store: it leaves out what only tests need. */
import { execFile } from 'node:child_process'
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT } from './program.ts'

const execute = promisify(execFile)
const image = mkdtempSync(join(tmpdir(), 'holdfast-image-'))

beforeAll(async () => {
  const manifests = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml']
  const sources = globSync('packages/*/{package.json,src,api}', { cwd: ROOT })
  for (const path of [...manifests, ...sources])
    cpSync(join(ROOT, path), join(image, path), { recursive: true })
  const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
  const [, words = ''] = /^RUN CI=true pnpm (install .*)$/m.exec(dockerfile) ?? []
  const args = [...words.split(' '), '--prefer-offline', '--reporter=silent']
  await execute('pnpm', args, { cwd: image, env: { ...process.env, CI: 'true' } })
}, 300_000)
afterAll(() => rmSync(image, { recursive: true }))

test.for([
  ['postgres://nobody@127.0.0.1:1/nothing', /^holdfast: PostgreSQL: connect ECONNREFUSED /],
  ['redis://127.0.0.1:1', /^holdfast: Redis cannot be reached: connect ECONNREFUSED /],
] as const)('%s is looked for', async ([store, told]) => {
  const [certs, state] = [join(image, 'certs'), join(image, '.lab')]
  const env = { HOLDFAST_STORE: store, HOLDFAST_CERTS: certs, HOLDFAST_STATE: state }
  const pki = join(image, 'packages/lab/src/services/pki.ts')
  const ended = execute(process.execPath, [pki], { env: { PATH: process.env['PATH'], ...env } })
  await expect(ended).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(told) })
})
