/** `pnpm bench as` for a moment: the honest exchange of each kind, and what is said of a refusal. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { rowsOf, told } from '../src/as/report.ts'
import { TARGETS } from '../src/as/targets.ts'
import { find } from '../src/machine.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const BENCH = fileURLToPath(new URL('../src/cli.ts', import.meta.url))
const target = (name: string) => TARGETS.find((one) => one.name === name)!

test.runIf(!find('openssl'))('left out: openssl is not installed', () => {
  process.stderr.write('packages/bench: left out: openssl is not installed\n')
  expect(find('openssl')).toBeUndefined()
})

test.runIf(find('openssl'))(
  'each kind of exchange, stock and ours',
  { timeout: 120_000 },
  async () => {
    const [json, svg] = [join(folder, 'as.json'), join(folder, 'as.svg')]
    const only = ['dpop', 'mtls', 'code'].flatMap((kind) => [`stock-${kind}`, `sqlite-${kind}`])
    const words = ['as', '--rounds', '1', '--seconds', '0.3', '--only', only.join(',')]
    const { promise, resolve } = Promise.withResolvers<{ code: number; out: string }>()
    execFile(process.execPath, [BENCH, ...words, '--json', json, '--svg', svg], (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out: error ? out + err : out }),
    )
    const { code, out } = await promise
    expect({ code, out }).toMatchObject({ code: 0 })
    expect(out.match(/^\| (stock|ours)/gm)).toHaveLength(6)
    const { rows } = JSON.parse(readFileSync(json, 'utf8'))
    for (const row of rows) expect(row.perSecond.median).toBeGreaterThan(0)
    expect(readFileSync(svg, 'utf8')).toContain('class="ours"')
  },
)

test('ratios are of the rounds, to the stock library with the same exchange', () => {
  const rounds = (...rates: number[]) => rates.map((perSecond) => ({ perSecond, p50: 1, p99: 2 }))
  const rows = rowsOf(
    [
      { target: target('stock-dpop'), rounds: rounds(100, 50, 100) },
      { target: target('memory-dpop'), rounds: rounds(90, 60, 130) },
      { target: target('redis-dpop'), leftOut: 'redis-server is not installed' },
    ],
    'perSecond',
  )
  expect(rows.map(({ timesStock }) => timesStock)).toEqual([1, 1.2, undefined])
  expect(told(rows)).toContain('DPoP: redis-server is not installed')
})
