/** Processes and folders of a soak: all of them gone at the end, however it ends. */
import { environment } from '../configuration.ts'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const running = new Set<ChildProcess>()
const folders = new Set<string>()

/** Kills what is left; waits for nothing. */
export function endAll(): void {
  for (const child of running) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  folders.clear()
}

process.on('exit', endAll)

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-soak-'))
  folders.add(folder)
  return folder
}

export function installed(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0
}

/** Starts a program of Node that talks to us by messages, with flags of Node's before it. */
export function startNode(program: URL, settings: unknown, flags: readonly string[] = []) {
  const words = [...flags, fileURLToPath(program), JSON.stringify(settings)]
  return kept(
    spawn(process.execPath, words, {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...environment, NODE_ENV: 'production' },
    }),
  )
}

/** Starts a program of Node as its user would: it is told by the environment, and its errors are seen. */
export function startService(program: URL, env: Readonly<Record<string, string>>): ChildProcess {
  return kept(
    spawn(process.execPath, [fileURLToPath(program)], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...environment, NODE_ENV: 'production', ...env },
    }),
  )
}

/** Starts any other program; it is silent. */
export function start(
  program: string,
  words: readonly string[],
  as: { readonly uid?: number; readonly gid?: number } = {},
): ChildProcess {
  // A soak that is killed has no last word: where there is setpriv the kernel ends its children.
  const line = installed('setpriv') ? ['setpriv', '--pdeathsig', 'KILL', program] : [program]
  const [first = program, ...rest] = [...line, ...words]
  return kept(spawn(first, rest, { stdio: 'ignore', ...as }))
}

function kept(child: ChildProcess): ChildProcess {
  running.add(child)
  return child.once('exit', () => running.delete(child))
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** The next message of a process. @throws Error if it ends instead */
export function message<T>(child: ChildProcess): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const heard = (said: T) => {
    child.off('exit', ended)
    resolve(said)
  }
  const ended = (code: number | null, signal: string | null) => {
    child.off('message', heard)
    reject(new Error(`${child.spawnargs.at(-2)} ended: ${signal ?? code}`))
  }
  child.once('message', heard).once('exit', ended)
  return promise
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

/** Waits for what another process does; polls, for there is nothing to be told by. */
export async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const last = Date.now() + 90_000
  while (!(await holds().catch(() => false))) {
    if (Date.now() > last) throw new Error(`${what}: not within 90 s`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
