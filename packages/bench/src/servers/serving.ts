/** What the servers of the bench have in common: each is a process, told what to serve in argv. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { listening } from '../load/listening.ts'

export interface ServerSettings {
  /** Where `https://as.example` is on loopback. */
  readonly issuerUrl: string
  readonly token: 'jwt' | 'opaque'
  /** PEM. With them the server speaks TLS and asks for a client certificate. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

export function settings(): ServerSettings {
  const given: ServerSettings = JSON.parse(process.argv[2] ?? '{}')
  return given
}

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown

/** Listens, and tells whoever started this process where. */
export async function serve(listen: Listener): Promise<void> {
  const { tls } = settings()
  // A rejection ends the process, and with it the run.
  const listener = (request: IncomingMessage, response: ServerResponse) =>
    void listen(request, response)
  const server = tls
    ? createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: false }, listener)
    : createServer(listener)
  // An exit by itself, so that --cpu-prof writes what it has seen.
  process.on('SIGTERM', () => process.exit()).on('disconnect', () => process.exit())
  const url = await listening(server, tls ? 'https' : 'http')
  process.send?.({ url })
}
