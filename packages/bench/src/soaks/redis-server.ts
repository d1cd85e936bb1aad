import type { ChildProcess } from 'node:child_process'
import { connect } from 'node:net'
import { join } from 'node:path'
import { end, eventually, newFolder, start } from './processes.ts'

/** A redis-server of the soak's own: its socket is in a folder that goes with it. Keeps nothing. */
export class RedisServer {
  readonly #folder = newFolder()
  readonly #settings: readonly string[]
  #child: ChildProcess | undefined

  private constructor(settings: readonly string[]) {
    this.#settings = settings
  }

  /** @param settings as on the command line of redis-server */
  static async start(...settings: string[]): Promise<RedisServer> {
    const server = new RedisServer(settings)
    await server.start()
    return server
  }

  get path(): string {
    return join(this.#folder, 'socket')
  }

  async start(): Promise<void> {
    const own = ['--dir', this.#folder, '--unixsocket', this.path, '--save', '']
    const port = this.#settings.includes('--port') ? [] : ['--port', '0']
    const quick = ['--repl-diskless-sync-delay', '0', '--bind', '127.0.0.1']
    this.#child = start('redis-server', [...own, ...port, ...quick, ...this.#settings])
    await eventually('redis-server', async () => (await this.ask('PING')).startsWith('+PONG'))
  }

  /** One command without spaces in its words; the beginning of the reply, as it is on the wire. */
  ask(...words: readonly string[]): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const socket = connect(this.path, () => socket.write(`${words.join(' ')}\r\n`))
    socket.setTimeout(5_000, () => socket.destroy(new Error('redis-server does not answer')))
    socket.once('data', (reply) => {
      resolve(String(reply))
      socket.destroy()
    })
    socket.once('error', reject).once('close', () => reject(new Error('no reply')))
    return promise
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal)
  }

  async kill(): Promise<void> {
    if (this.#child) await end(this.#child)
  }
}
