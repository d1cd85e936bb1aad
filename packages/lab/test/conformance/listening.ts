import { once } from 'node:events'
import type { Server } from 'node:https'

/** On a port of the system's choice. @returns its URL */
export async function listening(server: Server): Promise<string> {
  await once(server.listen(0, 'localhost'), 'listening')
  const address = server.address()
  return `https://localhost:${typeof address === 'object' ? address?.port : ''}`
}
