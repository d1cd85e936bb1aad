/**
 * Processes on this machine: each on its core, all of them gone at the end.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { environment, PROGRAM_FOLDERS } from './configuration.ts'
import { BenchError } from './error.ts'

/** The server has one core to itself, and whoever loads it the other. */
const SERVER_CORE = 0
const LOAD_CORE = 1

/** The program's path; `undefined`: it is not installed. */
export function find(program: string): string | undefined {
  return PROGRAM_FOLDERS.map((folder) => join(folder, program)).find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** The command that runs another on one core; where there is no taskset, the command itself. */
function pinned(core: number, command: readonly string[]): readonly [string, string[]] {
  const taskset = find('taskset')
  const [program = '', ...rest] = command
  return taskset ? [taskset, ['-c', String(core), ...command]] : [program, rest]
}

/** Leaves the server's core: what we start from now on does so too, unless it is told otherwise. */
export function toLoadCore(): void {
  const taskset = find('taskset')
  if (taskset) spawnSync(taskset, ['-cp', String(LOAD_CORE), String(process.pid)])
}

/** How long a process may take to go before it is killed, in milliseconds. */
const PATIENCE = 5_000

/** The processes of one run. */
export class Children {
  readonly #running = new Set<ChildProcess>()

  /** Starts a command on the server's core. It can send messages if it is a program of Node. */
  serve(command: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const [program, args] = pinned(SERVER_CORE, command)
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...environment, ...env },
    })
    return this.#keep(child)
  }

  /** Starts a program of Node on the load's core. */
  load(program: URL, settings: object): ChildProcess {
    const words = [process.execPath, fileURLToPath(program), JSON.stringify(settings)]
    const [first, args] = pinned(LOAD_CORE, words)
    const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const
    return this.#keep(spawn(first, args, { stdio: [...stdio], env: environment }))
  }

  /** Runs a command to its end on the load's core. @throws BenchError if it fails */
  async run(command: readonly string[]): Promise<string> {
    const [program, args] = pinned(LOAD_CORE, command)
    const child = this.#keep(spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] }))
    const output: { stdout: string; stderr: string } = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name]?.setEncoding('utf8').on('data', (text: string) => (output[name] += text))
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    child.once('error', reject).once('close', (code, signal) => {
      if (code === 0) return resolve(output.stdout)
      const said = (output.stderr || output.stdout).trim()
      return reject(new BenchError(`${command[0]} ended with ${signal ?? code}: ${said}`))
    })
    return promise
  }

  #keep(child: ChildProcess): ChildProcess {
    this.#running.add(child)
    const gone = () => void this.#running.delete(child)
    return child.once('exit', gone).once('error', gone)
  }

  /** Resolves when none is left. */
  async close(): Promise<void> {
    await Promise.all([...this.#running].map(ended))
  }
}

function ended(child: ChildProcess): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const killing = setTimeout(() => child.kill('SIGKILL'), PATIENCE)
  child.once('exit', () => {
    clearTimeout(killing)
    resolve()
  })
  child.kill('SIGTERM')
  return promise
}
