import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test, vi } from 'vitest'
import type { Bench, Target } from '../src/bench.ts'
import { BenchError } from '../src/error.ts'
import { withoutChecks, withProofs } from '../src/load/contenders.ts'
import { startServer } from '../src/load/processes.ts'
import { find } from '../src/machine.ts'
import { measure } from '../src/measure.ts'
import { rowsOf } from '../src/report/rows.ts'
import { table } from '../src/report/table.ts'
import { TARGETS } from '../src/targets.ts'

const SHORT = { seconds: 0.3, rounds: 1, clients: 3, connections: 4, progress: () => {} }
const hasWrk = find('wrk') !== undefined

// Where the runs of this file leave what they leave.
const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-test-'))
vi.stubEnv('TMPDIR', folder)
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const target = (start: Target['start']): Target => ({ name: 'peer', title: 'a peer', start })
const withoutProgram = () => Promise.reject(new Error('what is missing is not started'))

test('a short run has a line for each target', async () => {
  const raw = TARGETS.filter(({ name }) => name === 'raw')
  const absent = { ...target(withoutProgram), missing: () => 'it is not installed' }
  const targets = [...raw, absent]
  const rows = rowsOf(await measure(targets, SHORT))
  expect(rows[0]?.perSecond?.median).toBeGreaterThan(100)
  expect(rows[1]?.leftOut).toBe('it is not installed')
  const text = table(rows)
  for (const { title } of targets) expect(text).toContain(title)
})

test.runIf(hasWrk)('a short run loads a bare server and ours', { timeout: 60_000 }, async () => {
  const targets = TARGETS.filter(({ name }) => ['raw', 'bare-node', 'node'].includes(name))
  const [, bare, ours] = rowsOf(await measure(targets, SHORT))
  expect(bare?.perSecond?.median).toBeGreaterThan(100)
  expect(ours?.perSecond?.median).toBeGreaterThan(10)
  expect(ours?.replayStore).toBe(true)
  expect(ours?.times?.raw).toBeGreaterThan(0)
  expect(ours?.times?.bare).toBeGreaterThan(0)
})

const server = (name: string): URL => new URL(`./servers/${name}.ts`, import.meta.url)
const proofs = { alg: 'ES256', htu: 'configured' } as const

// oxfmt-ignore
const FAULTY: readonly [string, (bench: Bench) => ReturnType<Target['start']>, string][] = [
  ['refuses everything', async (bench) => withProofs(bench, await startServer(bench, server('refusing')), proofs),
    'peer: an honest request is answered 401'],
  ['checks nothing', async (bench) => withProofs(bench, await startServer(bench, server('careless')), proofs),
    'peer: a request without a proof is answered 200'],
  ['checks no signature', async (bench) => withProofs(bench, await startServer(bench, server('credulous')), { ...proofs, htu: 'of the request' }),
    'peer: a proof with a wrong signature is answered 200'],
]

test.each(FAULTY)('a target that %s fails the run', async (_, start, message) => {
  await expect(measure([target(start)], SHORT)).rejects.toThrow(new BenchError(message))
  expect(readdirSync(folder)).toEqual([])
})

test.runIf(hasWrk)('a target that begins to answer 401 under load fails the run', async () => {
  const tiring = target(async (bench) =>
    withoutChecks(bench, await startServer(bench, server('tiring'))),
  )
  await expect(measure([tiring], SHORT)).rejects.toThrow(/^peer: answers other than 200: 401 401/)
})

test('a run that is interrupted ends, and leaves nothing behind', async () => {
  const interrupt = new AbortController()
  const [raw] = TARGETS
  const run = measure(raw ? [raw] : [], {
    ...SHORT,
    rounds: 100,
    signal: interrupt.signal,
    progress: (text) => {
      if (text.startsWith('2/100')) interrupt.abort()
    },
  })
  await expect(run).rejects.toMatchObject({ name: 'AbortError' })
  expect(readdirSync(folder)).toEqual([])
})

const CLI = fileURLToPath(new URL('../src/cli.ts', import.meta.url))
const cli = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, [CLI, 'rs', ...args], { env: { PATH: '/nowhere' } })

test('where wrk is missing the command says so, and measures the rest', async () => {
  const { stdout } = await cli('--only', 'raw,bare-node', '--rounds', '1', '--seconds', '0.1')
  expect(stdout).toMatch(/^\| raw crypto\.verify, ES256 +\| +[\d,]+ \|/m)
  expect(stdout).toContain('bare node:http: left out: wrk is not installed')
})

test('a command that is wrong ends with 2', async () => {
  await expect(cli('--only', 'nothing')).rejects.toMatchObject({ code: 2 })
  await expect(cli('--rounds', '0')).rejects.toMatchObject({ code: 2 })
})
