import type { ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from '@redis/client'
import { end, eventually, newFolder, removeFolder, start } from './process.ts'

/** A redis-server of the test's own, on a socket in a folder that goes with it. */
export class Redis {
  readonly #folder = newFolder()
  readonly #settings: readonly string[]
  #child: ChildProcess | undefined

  private constructor(settings: readonly string[]) {
    this.#settings = settings
  }

  /** @param settings as on the command line of redis-server */
  static async start(...settings: string[]): Promise<Redis> {
    const redis = new Redis(settings)
    await redis.start()
    return redis
  }

  get path(): string {
    return join(this.#folder, 'socket')
  }

  get folder(): string {
    return this.#folder
  }

  get server() {
    return { socket: { path: this.path, tls: false as const } }
  }

  async start(): Promise<void> {
    mkdirSync(this.#folder, { recursive: true })
    const own = ['--dir', this.#folder, '--unixsocket', this.path, '--save', '']
    const port = this.#settings.includes('--port') ? [] : ['--port', '0']
    this.#child = start('redis-server', [...own, ...port, ...this.#settings])
    await eventually('redis-server', async () => (await this.ask('PING')) === 'PONG')
  }

  async ask(...words: string[]): Promise<unknown> {
    const client = createClient({
      socket: { path: this.path, tls: false, reconnectStrategy: false },
    })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return await client.sendCommand(words)
    } finally {
      if (client.isOpen) client.destroy()
    }
  }

  async kill(): Promise<void> {
    if (this.#child) await end(this.#child, 'SIGKILL')
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  async stop(): Promise<void> {
    await this.kill()
    removeFolder(this.#folder)
  }
}
