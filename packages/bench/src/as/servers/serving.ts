/** What the authorization servers of the bench have in common: each is a process, told in argv. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import { listening } from '../../load/listening.ts'
import type { Store } from '../stores.ts'

export interface ServerSettings {
  readonly store: Store
  readonly tls: { readonly key: string; readonly cert: string }
  /** Public key of the client that authenticates with assertions. */
  readonly jwk: { readonly [member: string]: unknown }
  /** PEM: the certificate of the other client. */
  readonly certificate: string
}

export function settings(): ServerSettings {
  const given: ServerSettings = JSON.parse(process.argv[2] ?? '{}')
  return given
}

export type Listener = (request: IncomingMessage, response: ServerResponse) => unknown

export interface Listeners {
  readonly open: Listener
  /** Asks for a client certificate. */
  readonly mtls: Listener
}

/** Listens on two ports, and tells whoever started this process where. */
export async function serve(
  make: (issuer: string, mtlsOrigin: string) => Promise<Listeners>,
): Promise<void> {
  const { tls, certificate } = settings()
  let listeners: Listeners | undefined
  const on = (name: keyof Listeners, more: object): Server =>
    // Connections wait for their next round.
    createServer({ ...tls, ...more, keepAliveTimeout: 0 }, (request, response) =>
      listeners ? void listeners[name](request, response) : request.destroy(),
    )
  const issuer = await listening(on('open', {}), 'https')
  const asking = { ca: certificate, requestCert: true, rejectUnauthorized: false }
  const mtlsOrigin = await listening(on('mtls', asking), 'https')
  listeners = await make(issuer, mtlsOrigin)
  // An exit by itself, so that --cpu-prof writes what it has seen.
  process.on('SIGTERM', () => process.exit()).on('disconnect', () => process.exit())
  process.send?.({ issuer, mtlsOrigin })
}
