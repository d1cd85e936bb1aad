import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { codeOf, UsageError } from '../errors.ts'

/** Addresses and ports of a balancer. */
export interface Balanced {
  readonly listen: string
  /** Addresses of the nodes. */
  readonly nodes: readonly string[]
  /** At which it and all of them listen. */
  readonly ports: readonly number[]
}

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

  /** @throws UsageError if a port is taken or may not be used */
  static async start({ listen, nodes, ports }: Balanced): Promise<Balancer> {
    const balancer = new Balancer(nodes)
    const places = ownAddresses(listen).flatMap((host) => ports.map((port) => ({ host, port })))
    try {
      for (const place of places) await balancer.#listen(place)
    } catch (error) {
      balancer.close()
      throw error
    }
    return balancer
  }

  async #listen({ host, port }: { readonly host: string; readonly port: number }): Promise<void> {
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      this.#keep(socket)
      this.#pass(socket, port, this.#nodes.length)
    })
    this.#servers.push(server)
    try {
      await once(server.listen(port, host), 'listening')
    } catch (error) {
      throw new UsageError(`${host}:${port} cannot be listened on (${codeOf(error)})`)
    }
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

/** `0.0.0.0` itself would take what the nodes listen on. */
const ownAddresses = (listen: string): readonly string[] =>
  listen === '0.0.0.0'
    ? Object.values(networkInterfaces())
        .flatMap((addresses = []) => addresses)
        .flatMap(({ address, family }) => (family === 'IPv4' ? [address] : []))
    : [listen]
