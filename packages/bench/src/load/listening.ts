import { once } from 'node:events'
import type { Server } from 'node:net'

/** Listens on a port of the system's choice, on loopback. */
export async function listening(server: Server, scheme: 'http' | 'https'): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new TypeError('not a TCP server')
  return `${scheme}://127.0.0.1:${address.port}`
}
