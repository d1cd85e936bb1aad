/** The real program in processes of its own, with folders and ports that nobody else has. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { PORTS } from '../src/ports.ts'

export const ROOT = resolve(import.meta.dirname, '../../..')
const CLI = join(ROOT, 'packages/lab/src/cli.ts')

/** The first of these programs on the PATH, if one of them is installed. */
export function findProgram(...names: readonly string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
}

export interface Outcome {
  /** The exit code, or the signal that ended the process. */
  readonly code: number | NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

/** A place of its own for each test: certs, state, and what stands in for /tmp. */
export interface Place {
  readonly certs: string
  readonly state: string
  readonly temporary: string
  readonly env: NodeJS.ProcessEnv
  readonly remove: () => Promise<void>
}

export async function makePlace(): Promise<Place> {
  // Not `holdfast-…`: that is what a private lab is called, and what the tests look for.
  const folder = await mkdtemp(join(tmpdir(), 'test-of-holdfast-'))
  const temporary = join(folder, 'tmp')
  await mkdir(temporary)
  return {
    certs: join(folder, 'certs'),
    state: join(folder, 'state'),
    temporary,
    env: environment({ TMPDIR: temporary }),
    // A start that fails may still be writing: prepareClients makes all clients at once.
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 }),
  }
}

/** Every port the system's choice, and nothing that the person who runs the tests has set. */
function environment(more: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(HOLDFAST_|NO_COLOR|FORCE_COLOR|NODE_OPTIONS|VITEST|TEST$)/.test(name),
  )
  const ports = Object.values(PORTS).map(([variable]) => [variable, '0'])
  return { ...Object.fromEntries([...own, ...ports]), ...more }
}

export interface Run {
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
  /** What runs it; default: this Node. */
  readonly program?: string
  readonly cwd?: string
}

export interface Started {
  readonly process: ChildProcess
  readonly outcome: Promise<Outcome>
}

/** A command in the place, as `scripts/lab …` starts it. */
export const start = (place: Place, args: readonly string[], run: Run = {}): Started =>
  startProgram([CLI, '--certs', place.certs, '--state', place.state, ...args], {
    ...run,
    env: { ...place.env, ...run.env },
  })

export function startProgram(args: readonly string[], run: Run): Started {
  const { env, input = '', program = process.execPath, cwd = tmpdir() } = run
  const child = spawn(program, args, { cwd, env })
  const [out, err]: [string[], string[]] = [[], []]
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text))
  child.stdin.on('error', () => {}).end(input)
  const outcome = new Promise<Outcome>((settle) => {
    child.on('close', (code, signal) =>
      settle({ code: signal ?? code, out: out.join(''), err: err.join('') }),
    )
  })
  return { process: child, outcome }
}

export const run = (place: Place, args: readonly string[], how: Run = {}): Promise<Outcome> =>
  start(place, args, how).outcome

export interface RunningLab extends Started {
  readonly run: {
    readonly pid: number
    readonly hubToken: string
    readonly addresses: Readonly<Record<string, string>>
  }
  readonly stop: (signal?: NodeJS.Signals) => Promise<Outcome>
}

/** Resolves when the run file is there: the lab answers then. */
export async function up(
  place: Place,
  args: readonly string[] = ['up', '--no-tour'],
): Promise<RunningLab> {
  const started = start(place, args)
  const path = join(place.state, 'run.json')
  let ended: Outcome | undefined
  void started.outcome.then((outcome) => (ended = outcome))
  let found: RunningLab['run'] | undefined
  await until(async () => {
    if (ended) throw new Error(`the lab ended: ${JSON.stringify(ended)}`)
    found = await readRunFile(path)
    return found?.pid === started.process.pid
  })
  if (!found) throw new Error('there is no run file')
  return {
    ...started,
    run: found,
    stop: (signal = 'SIGTERM') => {
      started.process.kill(signal)
      return started.outcome
    },
  }
}

async function readRunFile(path: string): Promise<RunningLab['run'] | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    return undefined
  }
}

/** Milliseconds. */
const DEADLINE = 150_000

export async function until(happened: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + DEADLINE
  while (!(await happened())) {
    if (Date.now() > end) throw new Error('it did not happen in time')
    await pause(10)
  }
}

/** Every file below a folder with the hash of its content: equal means that nothing was touched. */
export async function fingerprint(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const hash = async (path: string) =>
    [
      path,
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    ] as const
  return Object.fromEntries(await Promise.all(files.toSorted().map(hash)))
}

/** What a user must never see: the inside of the program. */
export const STACK_TRACE = /\n\s+at .*\(?(file:|node:|\/)|Node\.js v\d|throw /

/** What somebody reads who made a mistake: sentences, and no stack trace. */
export const isClear = ({ err }: Outcome): boolean =>
  /^holdfast: \S.*\n/.test(err) && !STACK_TRACE.test(err) && err.trim().split('\n').length <= 2
