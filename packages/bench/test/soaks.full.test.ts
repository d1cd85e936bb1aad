/** Each soak for a moment, and what it says of a server that breaks the promise. */
import { execFile, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { away, later, shaken, steady } from '../src/soaks/double-submission/answers.ts'
import { command } from '../src/soaks/command.ts'
import { doubleSubmission } from '../src/soaks/double-submission/double-submission.ts'
import { inChild } from '../src/soaks/in-child.ts'
import { CannotRun } from '../src/soaks/cannot-run.ts'
import type { Soak } from '../src/soaks/soak.ts'
import { table } from '../src/soaks/table.ts'

const SOAK = fileURLToPath(new URL('../src/soak.ts', import.meta.url))
const hasRedis = spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0

// Where the soaks of this file leave what they leave.
const folder = mkdtempSync(join(tmpdir(), 'holdfast-soak-test-'))
beforeAll(() => void vi.stubEnv('TMPDIR', folder))
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function soak(args: readonly string[], path = process.env['PATH']): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>()
  const env = { ...process.env, PATH: path }
  execFile(process.execPath, [SOAK, ...args], { env }, (error, stdout, stderr) =>
    resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
  )
  return promise
}

describe('pnpm soak', () => {
  test('without a name lists the soaks', async () => {
    const { code, stdout } = await soak([])
    expect(code).toBe(0)
    for (const name of [
      'double-submission',
      'malformed',
      'live-jtis',
      'many-clients',
      'certificates',
    ])
      expect(stdout).toContain(`${name}\n`)
  })

  test.for([
    ['of a name that there is not', ['nothing']],
    ['of no rounds', ['malformed', '--rounds', '0']],
    ['of half a round', ['malformed', '--rounds', '0.5']],
  ] as const)('%s ends with 2', async ([, args]) => {
    expect((await soak(args)).code).toBe(2)
  })

  test('where redis-server is missing, says so and ends with 2', async () => {
    const { code, stderr } = await soak(['double-submission'], '/nowhere')
    expect(stderr).toContain('redis-server is not installed')
    expect(code).toBe(2)
  })

  test.for([
    ['malformed', '4000'],
    ['live-jtis', '10000'],
  ] as const)('%s is kept', { timeout: 120_000 }, async ([name, rounds]) => {
    const file = join(folder, `${name}.json`)
    const { code, stdout, stderr } = await soak([name, '--rounds', rounds, '--json', file])
    expect(stderr).toContain(`${name}: kept`)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\| .+ \|\n\| -+ \|/)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ soak: name, broken: [] })
  })

  test('many-clients is kept', { timeout: 120_000 }, async () => {
    const { code, stderr } = await soak(['many-clients', '--rounds', '100'])
    expect(stderr).toContain('many-clients: kept')
    expect(code).toBe(0)
  })
})

test.runIf(!hasRedis)('left out: redis-server is not installed', () => {
  process.stderr.write('packages/bench: left out: redis-server is not installed\n')
  expect(hasRedis).toBe(false)
})

describe.runIf(hasRedis)('double-submission', () => {
  test('is kept, and leaves nothing behind', { timeout: 120_000 }, async () => {
    const { code, stdout, stderr } = await soak(['double-submission', '--rounds', '40'])
    expect(stderr).toContain('double-submission: kept')
    expect(code).toBe(0)
    expect(
      stdout.split('\n').filter((line) => line.startsWith('| the same, Redis lost')),
    ).toHaveLength(1)
    expect(readdirSync(folder).filter((name) => name.startsWith('holdfast-soak-'))).toEqual([])
  })

  /** A server of the soak with another memory: `open` is the text of a function. */
  function program(open: string): URL {
    const file = join(folder, `${randomUUID()}.mjs`)
    const from = (path: string) => `from ${JSON.stringify(new URL(path, import.meta.url).href)}`
    const lines = [
      `import { serve } ${from('../src/soaks/double-submission/serving.ts')}`,
      `import { ReplayMemoryInProcess } ${from('../../store/src/index.ts')}`,
      `import { ReplayMemoryInRedis } ${from('../../store/src/redis.ts')}`,
      `await serve(${open})`,
    ]
    writeFileSync(file, lines.join('\n'))
    return pathToFileURL(file)
  }

  const young = (put: string) =>
    `async () => ({ generation: 'one', since: Date.now(), put: async () => '${put}',
      nonceGiven: async () => {}, look: async () => {} })`
  // The nodes learn of the new generation, and go on as if nothing had been lost with the old one.
  const keepsSince = `async ({ redis }) => {
    if (redis === undefined) return new ReplayMemoryInProcess()
    const server = { socket: { path: redis, tls: false } }
    const memory = await ReplayMemoryInRedis.open({ server, margin: 100 })
    const { since } = memory
    return { get generation() { return memory.generation }, since, put: (use) => memory.put(use),
      nonceGiven: (...given) => memory.nonceGiven(...given), look: () => memory.look() }
  }`

  test.for([
    ['forgets', young('recorded'), 10, 'one process: a pair by nonce: accepted, accepted'],
    ['takes nothing', young('seen'), 10, 'an honest client is answered challenged, seen'],
    ['does not say that it has lost', keepsSince, 300, /sent again after .*: .*accepted/],
  ] as const)('a memory that %s ends with 1', { timeout: 120_000 }, async (given) => {
    const [, open, rounds, said] = given
    const written: string[] = []
    const stderr = vi
      .spyOn(process.stderr, 'write')
      .mockImplementation((text) => written.push(String(text)) > 0)
    const stdout = vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
    const args = ['double-submission', '--rounds', String(rounds)]
    const code = await command(args, [doubleSubmission(program(open))])
    stderr.mockRestore()
    stdout.mockRestore()
    expect(written.join('')).toMatch(said)
    expect(written.join('')).toContain('double-submission: BROKEN')
    expect(code).toBe(1)
  })
})

describe('how a pair may be answered', () => {
  const nonce = (...answers: Parameters<typeof steady>[0]['answers']) => ({
    answers,
    byNonce: true,
  })
  const iat = (...answers: Parameters<typeof steady>[0]['answers']) => ({ answers, byNonce: false })

  test('never by two acceptances', () => {
    for (const judge of [steady, shaken, away, later])
      for (const pair of [nonce, iat]) expect(judge(pair('accepted', 'accepted'))).toBe(false)
  })

  test('while nothing happens: by one, or, by iat alone, by a challenge', () => {
    expect(steady(nonce('accepted', 'seen'))).toBe(true)
    expect(steady(nonce('seen', 'seen'))).toBe(false)
    expect(steady(nonce('accepted', 'challenged'))).toBe(false)
    expect(steady(nonce('accepted', 'unavailable'))).toBe(false)
    expect(steady(iat('accepted', 'challenged'))).toBe(true)
    expect(steady(iat('challenged', 'challenged'))).toBe(true)
  })

  test('while the memory is away: by 503, or, by iat alone, by a challenge', () => {
    expect(away(nonce('unavailable', 'unavailable'))).toBe(true)
    expect(away(nonce('unavailable', 'challenged'))).toBe(false)
    expect(away(iat('unavailable', 'challenged'))).toBe(true)
    expect(away(iat('unavailable', 'seen'))).toBe(false)
  })

  test('when it is sent again: by neither', () => {
    expect(later(iat('seen', 'challenged'))).toBe(true)
    expect(later(iat('seen', 'accepted'))).toBe(false)
    expect(shaken(iat('seen', 'other'))).toBe(false)
  })
})

describe('a verdict', () => {
  const told = (run: Soak['run']): Soak => ({ name: 'it', shows: '', counts: '', rounds: 1, run })

  test.for([
    ['nothing broken', async () => ({ table: [], broken: [] }), 0],
    ['something broken', async () => ({ table: [], broken: ['this'] }), 1],
    ['an error', () => Promise.reject(new Error('no')), 1],
    ['something missing', () => Promise.reject(new CannotRun('no')), 2],
  ] as const)('%s', async ([, run, code]) => {
    const stderr = vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
    const stdout = vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
    expect(await command(['it'], [told(run)])).toBe(code)
    stderr.mockRestore()
    stdout.mockRestore()
  })

  test('a measurement that fails or ends without a result is broken', async () => {
    const module = (source: string) => new URL(`data:text/javascript,${encodeURIComponent(source)}`)
    const failing = await inChild(
      module(`export const measure = async () => { throw new Error('so') }`),
      1,
    )
    expect(failing.broken.join()).toContain('so')
    const ending = await inChild(module(`export const measure = () => process.exit(3)`), 1)
    expect(ending.broken.join()).toContain('ended: 3')
  })
})

test('a table', () => {
  expect(
    table([
      { what: 'one', much: 1_000 },
      { what: 'other', much: '' },
    ]),
  ).toBe(
    ['| what  |  much |', '| ----- | ----: |', '| one   | 1,000 |', '| other |       |'].join('\n'),
  )
})
