import { type ChildProcess, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROGRAM_FOLDERS } from '../configuration.ts'
import { end, eventually, newFolder, start } from './processes.ts'

/** Where Debian, or else the path, has the newest PostgreSQL; `undefined`: nowhere. */
export const POSTGRES = [
  ...globSync('/usr/lib/postgresql/*/bin').toSorted().toReversed(),
  ...PROGRAM_FOLDERS,
].find((folder) => ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))))

/** A PostgreSQL of the soak's own: its socket is in a folder that goes with it. */
export class PostgresServer {
  readonly folder = newFolder()
  readonly #account = account()
  #child: ChildProcess | undefined

  static async start(): Promise<PostgresServer> {
    const server = new PostgresServer()
    const { uid, gid } = server.#account
    chmodSync(server.folder, 0o755)
    if (uid !== undefined && gid !== undefined) chownSync(server.folder, uid, gid)
    const words = ['-D', server.#data, '-A', 'trust', '-U', 'holdfast', '-E', 'UTF8', '--locale=C']
    const { status, stderr } = spawnSync(server.#program('initdb'), words, server.#account)
    if (status !== 0) throw new Error(`initdb: ${String(stderr)}`)
    await server.start()
    return server
  }

  async start(): Promise<void> {
    const words = ['-D', this.#data, '-k', this.folder, '-c', 'listen_addresses=']
    const ready = ['-h', this.folder, '-U', 'holdfast', '-d', 'postgres']
    await eventually('postgres', async () => {
      // After kill -9 its children may still hold the memory: then it ends, and is started again.
      if (this.#child?.exitCode !== null)
        this.#child = start(this.#program('postgres'), words, this.#account)
      return spawnSync(this.#program('pg_isready'), ready, { stdio: 'ignore' }).status === 0
    })
  }

  /** Its processes: one for each connection, and their parent. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const { pid } = this.#child ?? {}
    if (pid === undefined) return
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    for (const one of [pid, ...children.trim().split(' ').map(Number)]) process.kill(one, signal)
  }

  async kill(): Promise<void> {
    if (this.#child) await end(this.#child)
    this.#child = undefined
  }

  get #data(): string {
    return join(this.folder, 'data')
  }

  readonly #program = (name: string): string => join(POSTGRES ?? '', name)
}

// initdb and postgres refuse to be root.
function account(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (which: string) => Number(spawnSync('id', [which, 'postgres']).stdout)
  return { uid: id('-u'), gid: id('-g') }
}
