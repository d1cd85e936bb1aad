import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A TCP balancer: each connection goes to the next node that takes it; TLS passes through. */
export class Balancer {
  /** Connections that each node has taken so far. */
  readonly served: number[]
  readonly #nodes: readonly string[]
  readonly #servers: Server[] = []
  readonly #open = new Set<Socket>()
  #next = 0

  private constructor(nodes: readonly string[]) {
    this.#nodes = nodes
    this.served = nodes.map(() => 0)
  }

  /**
   * @param nodes addresses of the nodes
   * @param ports at which it and all of them listen
   */
  static async start(nodes: readonly string[], ports: readonly number[]): Promise<Balancer> {
    const balancer = new Balancer(nodes)
    for (const port of ports) {
      const server = createServer({ pauseOnConnect: true }, (socket) => {
        balancer.#keep(socket)
        balancer.#pass(socket, port, nodes.length)
      })
      await once(server.listen(port, '127.0.0.1'), 'listening')
      balancer.#servers.push(server)
    }
    return balancer
  }

  close(): void {
    for (const server of this.#servers) server.close()
    for (const socket of this.#open) socket.destroy()
  }

  #pass(client: Socket, port: number, tries: number): void {
    if (tries === 0 || client.destroyed) return void client.destroy()
    const index = this.#next
    this.#next = (index + 1) % this.#nodes.length
    const node = connect({ host: this.#nodes[index]!, port, noDelay: true })
    const elsewhere = () => this.#pass(client, port, tries - 1)
    node.once('error', elsewhere)
    node.once('connect', () => {
      node.off('error', elsewhere)
      this.#keep(node)
      this.served[index]! += 1
      for (const [one, other] of [
        [client, node],
        [node, client],
      ] as const)
        one.once('close', () => other.destroy())
      client.pipe(node).pipe(client)
    })
  }

  #keep(socket: Socket): void {
    this.#open.add(socket)
    // What is lost shows at the other end.
    socket.on('error', () => undefined).once('close', () => this.#open.delete(socket))
  }
}
