import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const running = new Set<ChildProcess>()
const folders = new Set<string>()

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-store-'))
  folders.add(folder)
  return folder
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  folders.delete(folder)
}

const SETPRIV = installed('setpriv')

/** Starts a program that is killed with us at the latest. */
export function start(
  program: string,
  words: readonly string[],
  as: { uid?: number; gid?: number } = {},
): ChildProcess {
  // A worker that is killed has no last word: where there is setpriv the kernel ends its children.
  const line = SETPRIV ? ['setpriv', '--pdeathsig', 'KILL', program, ...words] : [program, ...words]
  const child = spawn(line[0]!, line.slice(1), { stdio: 'ignore', ...as })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

export function installed(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0
}

/** Says so where a program that the tests need is missing; nothing is skipped in silence. */
export function leftOut(program: string): void {
  test(`left out: ${program} is not installed`, () => {
    process.stderr.write(`packages/store: left out: ${program} is not installed\n`)
    expect(installed(program)).toBe(false)
  })
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
  const last = Date.now() + 15_000
  while (!(await holds().catch(() => false))) {
    if (Date.now() > last) throw new Error(`${what}: not within 15 s`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

export const accepts = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path, () => resolve(!!socket.destroy()))
    socket.on('error', () => resolve(false))
  })
