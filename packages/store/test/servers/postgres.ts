import { type ChildProcess, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import type { Certificate } from './certificate.ts'
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
  #settings: readonly string[] = []
  #address = ''
  #port = 5432

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
    return { host: this.#folder, port: this.#port, user: 'holdfast', database: 'postgres' }
  }

  /**
   * From the next start on listens on a port of loopback as well, over TLS only, to who has the
   * password.
   */
  async serveTls({ key, cert }: Certificate, port: number): Promise<void> {
    const { uid, gid } = this.#as
    for (const [name, pem] of Object.entries({ key, cert })) {
      const file = join(this.#data, `${name}.pem`)
      writeFileSync(file, pem, { mode: 0o600 })
      if (uid !== undefined && gid !== undefined) chownSync(file, uid, gid)
    }
    writeFileSync(
      join(this.#data, 'pg_hba.conf'),
      'local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n',
    )
    this.#settings = ['-c', 'ssl=on', '-c', 'ssl_key_file=key.pem', '-c', 'ssl_cert_file=cert.pem']
    this.#address = '127.0.0.1'
    this.#port = port
    await this.end('SIGINT')
    await this.start()
  }

  async start(): Promise<void> {
    const where = ['-k', this.#folder, '-h', this.#address, '-p', String(this.#port)]
    const words = ['-D', this.#data, ...where, ...this.#settings]
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

  /** Kills one backend: the server ends the others, and recovers, without a new start. */
  async killBackend(): Promise<void> {
    const client = new Client(this.server)
    client.on('error', () => undefined)
    await client.connect()
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
    process.kill(Number(rows[0]?.pid), 'SIGKILL')
    await client.end().catch(() => undefined)
  }

  async stop(): Promise<void> {
    await this.end('SIGQUIT')
    removeFolder(this.#folder)
  }

  async #answers(): Promise<boolean> {
    const where = ['-h', this.#folder, '-p', String(this.#port)]
    const ready = spawnSync(join(POSTGRES!, 'pg_isready'), where, { stdio: 'ignore' })
    return ready.status === 0 && accepts(join(this.#folder, `.s.PGSQL.${this.#port}`))
  }
}

// initdb and postgres refuse to be root.
function account(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (which: string) => Number(spawnSync('id', [which, 'postgres']).stdout.toString())
  return { uid: id('-u'), gid: id('-g') }
}
