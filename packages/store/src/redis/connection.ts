import { hash } from 'node:crypto'
import { createClient, type RedisClientOptions, type RedisClientType } from '@redis/client'
import { StoreError } from '../records.ts'

/** How to reach a Redis or Valkey server. All but `timeout` is the driver's own: TLS, AUTH, sockets. */
export interface RedisServer extends Pick<
  RedisClientOptions,
  'url' | 'socket' | 'username' | 'password' | 'credentialsProvider' | 'database' | 'name'
> {
  /** Milliseconds after which a command that was not answered counts as refused. */
  readonly timeout?: number
}

const TIMEOUT = 1_000

/** Time-outs in a row, with nothing heard in between, after which a connection is given up. */
const PATIENCE = 5

/** One Lua script, sent by its SHA-1; a server that does not know it yet gets the text. */
export interface Script {
  readonly text: string
  readonly sha1: string
}

export const script = (...parts: readonly string[]): Script => {
  const text = parts.join('\n')
  return { text, sha1: hash('sha1', text) }
}

/**
 * One connection that comes back by itself. While it is away commands are refused at once (no
 * offline queue), and a server that does not answer is refused after the time-out: whoever asks
 * waits for nothing that may never come.
 */
export class RedisConnection {
  readonly #client: RedisClientType
  readonly #timeout: number
  /** By `performance.now()`: when the server was last heard of. */
  #heard = performance.now()

  private constructor(client: RedisClientType, timeout: number) {
    this.#client = client
    this.#timeout = timeout
  }

  /**
   * @param ready called each time the server was reached again
   * @throws StoreError where the server cannot be reached or refuses the credentials
   */
  static async open(server: RedisServer, ready: () => void): Promise<RedisConnection> {
    const { timeout = TIMEOUT, ...given } = server
    let reached = false
    const client: RedisClientType = createClient({
      ...given,
      disableOfflineQueue: true,
      socket: {
        connectTimeout: timeout,
        // For a server that takes the connection, and then says nothing.
        socketTimeout: PATIENCE * timeout,
        reconnectStrategy: (retries) => reached && Math.min(1_000, 20 * 2 ** Math.min(retries, 6)),
        ...given.socket,
      } as NonNullable<RedisClientOptions['socket']>,
    })
    const connection = new RedisConnection(client, timeout)
    // Where a connection breaks the driver reconnects, and whoever asks meanwhile is refused. Where an
    // answer is none it reads on, and would take the next one for an answer to another command.
    client.on('error', () => connection.#anew())
    try {
      await client.connect()
    } catch (error) {
      throw new StoreError(`Redis cannot be reached: ${reason(error)}`, { cause: error })
    }
    reached = true
    client.on('ready', ready)
    return connection
  }

  async run({ text, sha1 }: Script, keys: readonly string[], values: readonly string[]) {
    const rest = [String(keys.length), ...keys, ...values]
    try {
      return await this.command(['EVALSHA', sha1, ...rest])
    } catch (error) {
      if (!isReply(error, 'NOSCRIPT')) throw error
      return this.command(['EVAL', text, ...rest])
    }
  }

  /** @throws StoreError where the answer is an error, or none comes in time */
  async command(words: readonly string[]): Promise<unknown> {
    const { promise, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      reject(new StoreError(`Redis has not answered for ${this.#timeout} ms`))
      this.#giveUpIfDumb()
    }, this.#timeout)
    const answered = this.#client.sendCommand([...words]).finally(() => {
      this.#heard = performance.now()
    })
    try {
      return await Promise.race([answered, promise])
    } catch (error) {
      if (error instanceof StoreError) throw error
      throw new StoreError(`Redis: ${reason(error)}`, { cause: error })
    } finally {
      clearTimeout(timer)
    }
  }

  // The driver takes what is sent for a sign of life, so it would wait for TCP to give up.
  #giveUpIfDumb(): void {
    if (performance.now() - this.#heard >= PATIENCE * this.#timeout) this.#anew()
  }

  /** Another connection in the place of the one there is; what was asked on that is refused. */
  #anew(): void {
    if (!this.#client.isReady) return
    this.#heard = performance.now()
    this.#client.destroy()
    void this.#client.connect().catch(() => undefined) // only if it is closed meanwhile
  }

  /** @returns one field of INFO, or `undefined` */
  async info(section: string, field: string): Promise<string | undefined> {
    const lines = String(await this.command(['INFO', section])).split('\r\n')
    return lines.find((line) => line.startsWith(`${field}:`))?.slice(field.length + 1)
  }

  async close(): Promise<void> {
    if (this.#client.isOpen) this.#client.destroy()
  }
}

/** Is it an error reply of the server, which begins with its code (RESP)? */
export const isReply = (error: unknown, code: string): boolean =>
  error instanceof StoreError &&
  error.cause instanceof Error &&
  error.cause.message.startsWith(`${code} `)

const reason = (error: unknown): string =>
  error instanceof AggregateError
    ? error.errors.map(reason).join('; ')
    : error instanceof Error
      ? error.message
      : String(error)

/** @returns what is wrong, where the server may throw keys away to make room */
export async function eviction(connection: RedisConnection): Promise<StoreError | undefined> {
  const policy = await connection.info('memory', 'maxmemory_policy')
  return policy === 'noeviction'
    ? undefined
    : new StoreError(`Redis: maxmemory-policy is ${policy}; it must be noeviction`)
}
