import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly head: string
  readonly nonce: string | undefined
  readonly body: string
}

/** A connection that is kept alive: one request at a time, as it stands. */
export class Connection {
  readonly #socket: Socket
  #received = ''
  #bodiless = false
  #waiting: PromiseWithResolvers<Answer> | undefined

  private constructor(socket: Socket) {
    this.#socket = socket.setNoDelay().setEncoding('latin1')
    socket.on('data', (part: string) => this.#take(part))
    socket.on('error', () => undefined) // told by 'close'
    socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')))
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new Connection(socket)
  }

  /** On a socket that somebody else has opened, or is opening. */
  static over(socket: Socket): Connection {
    return new Connection(socket)
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.writable
  }

  /** @param bodiless the answer to HEAD has none, whatever its length says */
  ask(request: string | Uint8Array, bodiless = false): Promise<Answer> {
    this.#bodiless = bodiless
    this.#waiting = Promise.withResolvers()
    this.#socket.write(request)
    return this.#waiting.promise
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(part: string): void {
    this.#received += part
    const end = this.#received.indexOf('\r\n\r\n')
    if (end < 0) return
    const head = this.#received.slice(0, end)
    const body = this.#received.slice(end + 4)
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1])
    if (!this.#bodiless && body.length < length) return
    this.#received = ''
    this.#waiting?.resolve({
      status: Number(head.slice(9, 12)),
      head,
      nonce: /^dpop-nonce: (.+)$/im.exec(head)?.[1],
      body,
    })
  }
}
