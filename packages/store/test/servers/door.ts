import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Transform } from 'node:stream'

/** One address in front of whichever server is behind it at present; closed, it cuts everybody off. */
export class Door {
  #behind: string | undefined
  #garbled = false
  readonly #open = new Set<Socket>()
  readonly #server: Server
  readonly path: string

  private constructor(path: string) {
    this.path = path
    this.#server = createServer((socket) => this.#pass(socket))
  }

  /** @param behind path of the socket of the server behind */
  static async open(path: string, behind: string): Promise<Door> {
    const door = new Door(path)
    door.#behind = behind
    door.#server.listen(path)
    await once(door.#server, 'listening')
    return door
  }

  leadTo(behind: string | undefined): void {
    this.#behind = behind
    for (const socket of this.#open) socket.destroy()
  }

  /** From now on nothing passes on the connections there are, and nobody is told. */
  swallow(): void {
    for (const socket of this.#open) socket.unpipe().resume()
  }

  /** The next thing that the server says becomes something that is none of its language. */
  garble(): void {
    this.#garbled = true
  }

  close(): void {
    this.leadTo(undefined)
    this.#server.close()
  }

  #pass(socket: Socket): void {
    if (this.#behind === undefined) return void socket.destroy()
    const other = connect(this.#behind)
    for (const one of [socket, other]) {
      this.#open.add(one)
      one.on('error', () => undefined)
      one.on('close', () => {
        this.#open.delete(one)
        socket.destroy()
        other.destroy()
      })
    }
    const said = new Transform({
      transform: (chunk, _, done) => {
        done(null, this.#garbled ? '@' : chunk)
        this.#garbled = false
      },
    })
    socket.pipe(other).pipe(said).pipe(socket)
  }
}
