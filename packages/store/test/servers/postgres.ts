import { type ChildProcess, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { accepts, end, eventually, newFolder, removeFolder, start } from './process.ts'

const folders = globSync('/usr/lib/postgresql/*/bin').sort()

/** Where Debian, or else the path, has the newest PostgreSQL; `undefined`: nowhere. */
export const POSTGRES = [...folders.toReversed(), ...(process.env['PATH'] ?? '').split(':')].find(
  (folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
)

/** A PostgreSQL of the test's own, on a socket in a folder that goes with it. */
export class Postgres {
  readonly #folder = newFolder()
  readonly #as = account()
  #child: ChildProcess | undefined

  static async start(): Promise<Postgres> {
    const postgres = new Postgres()
    const { uid, gid } = postgres.#as
    chmodSync(postgres.#folder, 0o755)
    if (uid !== undefined && gid !== undefined) chownSync(postgres.#folder, uid, gid)
    const words = ['-D', postgres.#data, '-A', 'trust', '-U', 'holdfast', '--no-sync', '-E', 'UTF8']
    const made = spawnSync(join(POSTGRES!, 'initdb'), [...words, '--locale=C'], postgres.#as)
    if (made.status !== 0) throw new Error(`initdb: ${String(made.stderr)}`)
    await postgres.start()
    return postgres
  }

  get #data(): string {
    return join(this.#folder, 'data')
  }

  get server() {
    return { host: this.#folder, user: 'holdfast', database: 'postgres' }
  }

  async start(): Promise<void> {
    const words = ['-D', this.#data, '-k', this.#folder, '-c', 'listen_addresses=']
    await eventually('postgres', async () => {
      if (this.#child?.exitCode !== null)
        this.#child = start(join(POSTGRES!, 'postgres'), words, this.#as)
      return this.#answers()
    })
  }

  /** `SIGQUIT`: as if the power had been cut, but for the kernel. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child) await end(this.#child, signal)
  }

  async stop(): Promise<void> {
    await this.end('SIGQUIT')
    removeFolder(this.#folder)
  }

  async #answers(): Promise<boolean> {
    const ready = spawnSync(join(POSTGRES!, 'pg_isready'), ['-h', this.#folder], {
      stdio: 'ignore',
    })
    return ready.status === 0 && accepts(join(this.#folder, '.s.PGSQL.5432'))
  }
}

// initdb and postgres refuse to be root.
function account(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (which: string) => Number(spawnSync('id', [which, 'postgres']).stdout.toString())
  return { uid: id('-u'), gid: id('-g') }
}
