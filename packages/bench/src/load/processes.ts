import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Bench } from '../bench.ts'
import { BenchError } from '../error.ts'
import type { Children } from '../machine.ts'
import type { ServerSettings } from '../servers/serving.ts'

/** A process that listens. */
export interface Server {
  readonly url: URL
  readonly pid: number
}

/** Starts a program of `servers/` on the server's core. */
export const startNode = (children: Children, program: URL, settings: object = {}): ChildProcess =>
  children.serve([process.execPath, fileURLToPath(program), JSON.stringify(settings)], {
    NODE_ENV: 'production',
  })

/** Starts a server by its program. */
export async function startServer(
  { children, issuer }: Bench,
  program: URL,
  settings: Partial<ServerSettings> = {},
): Promise<Server> {
  const all: ServerSettings = { issuerUrl: issuer.url, token: 'jwt', ...settings }
  const child = startNode(children, program, all)
  const { url } = await message<{ readonly url: string }>(child)
  return { url: new URL(url), pid: pidOf(child) }
}

/** taskset becomes the program that it starts, and keeps its number. */
export function pidOf({ pid, spawnargs }: ChildProcess): number {
  if (pid === undefined) throw new BenchError(`${spawnargs.join(' ')} did not start`)
  return pid
}

/** The next message of a process. @throws BenchError if it ends instead */
export function message<T>(child: ChildProcess): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const ended = (code: number) => reject(new BenchError(`${child.spawnargs.at(-2)} ended: ${code}`))
  child.once('message', (said: T) => {
    child.off('exit', ended).off('error', reject)
    resolve(said)
  })
  child.once('exit', ended).once('error', reject)
  return promise
}
