import { once } from 'node:events'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'

export interface Answer {
  readonly status: number
  /** The header section as it came. */
  readonly head: string
  readonly body: string
}

export interface Request {
  readonly path: string
  readonly fields?: Readonly<Record<string, string>>
  /** A form, posted; without one, GET. */
  readonly form?: Readonly<Record<string, string>>
}

/** A kept TLS connection: one request at a time. */
export class Connection {
  readonly #socket: TLSSocket
  readonly #host: string
  #received = ''
  #waiting: PromiseWithResolvers<Answer> | undefined

  private constructor(socket: TLSSocket, host: string) {
    this.#socket = socket.setNoDelay().setEncoding('latin1')
    this.#host = host
    socket.on('data', (part: string) => this.#take(part))
    socket.on('error', () => undefined) // told by 'close'
    socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')))
  }

  static async open(origin: string, options: ConnectionOptions): Promise<Connection> {
    const { hostname, port, host } = new URL(origin)
    const socket = connect({ ...options, host: hostname, port: Number(port) })
    await once(socket, 'secureConnect')
    return new Connection(socket, host)
  }

  ask({ path, fields = {}, form }: Request): Promise<Answer> {
    if (this.#socket.destroyed) return Promise.reject(new Error('the connection was closed'))
    const body = form && new URLSearchParams(form).toString()
    const all = {
      host: this.#host,
      accept: '*/*',
      ...fields,
      ...(body !== undefined && {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(body.length),
      }),
    }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
    const method = body === undefined ? 'GET' : 'POST'
    this.#waiting = Promise.withResolvers()
    this.#socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`)
    return this.#waiting.promise
  }

  #take(part: string): void {
    this.#received += part
    const end = this.#received.indexOf('\r\n\r\n')
    if (end < 0) return
    const head = this.#received.slice(0, end)
    const body = this.#received.slice(end + 4)
    if (body.length < Number(/^content-length: (\d+)$/im.exec(head)?.[1])) return
    this.#received = ''
    this.#waiting?.resolve({ status: Number(head.slice(9, 12)), head, body })
  }
}

export const field = ({ head }: Answer, name: string): string | undefined =>
  new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]
