/**
 * A door is an address on which we listen. It is opened before anybody stands behind it, because an
 * issuer must know its own port; until then it answers 503.
 */
import { constants } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { isIP } from 'node:net'
import type { LabConfiguration } from '../configuration.ts'
import { codeOf, UsageError } from '../errors.ts'
import { PORTS, type Service } from '../ports.ts'

export interface Door {
  readonly port: number
  readonly serve: (listener: RequestListener) => void
  /** Lets the requests under way finish; what is still open after a second is cut. */
  readonly close: () => Promise<void>
}

export interface Tls {
  readonly chain: string
  readonly key: string
  /** Whether clients are asked for a certificate. */
  readonly asks: boolean
}

/** FAPI 2.0 SP §5.2: TLS 1.2 or newer; with 1.2 only ephemeral ECDH with AEAD (RFC 9325 §4.2). */
const PROFILE = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
  ].join(':'),
  // A resumed session proves possession of a ticket, not of the certificate's key.
  secureOptions: constants.SSL_OP_NO_TICKET,
  // An ML-DSA token and its proof are larger than Node's 16 KiB.
  maxHeaderSize: 32 * 1024,
} as const

/** Milliseconds. */
const PATIENCE = 1_000

/** @throws UsageError if the port is taken or may not be used */
export async function openDoor(
  { listen: address, ports, host }: LabConfiguration,
  service: Service,
  tls?: Tls,
): Promise<Door> {
  let listener: RequestListener = (_, response) => {
    response.writeHead(503, { 'retry-after': '1' }).end()
  }
  const serve: RequestListener = (request, response) => listener(request, response)
  const server = tls
    ? createTlsServer({ ...PROFILE, ...material(tls) }, serve)
    : createServer(byOurName(host, serve))
  // The hub hands out tokens and proofs: it is on loopback wherever the others are.
  await listen(server, ports[service], service === 'console' ? '127.0.0.1' : address, service)
  const bound = server.address()
  return {
    port: typeof bound === 'object' && bound ? bound.port : ports[service],
    serve: (behind) => {
      listener = behind
    },
    close: () => close(server),
  }
}

/**
 * Without TLS nothing proves a name. A page whose name was rebound to this machine (DNS rebinding) is
 * of one origin with us and reads what it likes; its browser says that name in `Host`. An address
 * cannot be rebound.
 *
 * @param host in our URLs
 */
const byOurName =
  (host: string, serve: RequestListener): RequestListener =>
  (request, response) => {
    const named = URL.parse(`http://${request.headers.host ?? ''}`)?.hostname ?? ''
    const isOurs =
      named === host || named === 'localhost' || isIP(named.replace(/^\[|\]$/g, '')) !== 0
    if (isOurs && request.url?.startsWith('/')) serve(request, response)
    else response.writeHead(isOurs ? 400 : 421, { 'cache-control': 'no-store' }).end()
  }

const material = ({ chain, key, asks }: Tls) => ({
  cert: chain,
  key,
  requestCert: asks,
  // What a certificate is good for is decided by what it is used for, not by the handshake. No `ca`,
  // which would name our authority there: clients in Go or Java then show no certificate that is
  // self-signed (RFC8446-4.2.4, RFC8705-2.2).
  rejectUnauthorized: false,
})

function listen(server: Server, port: number, address: string, service: Service): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(explain(error, { port, address, service })))
    server.listen(port, address, resolve)
  })
}

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use',
  EACCES: 'may not be used by this user',
}

interface Wanted {
  readonly port: number
  readonly address: string
  readonly service: Service
}

function explain(error: Error, { port, address, service }: Wanted): Error {
  if (codeOf(error) === 'EADDRNOTAVAIL')
    return new UsageError(`${address} is no address of this machine; choose another by --listen`)
  const [variable] = PORTS[service]
  const why = WHY[codeOf(error) ?? ''] ?? `cannot be opened: ${error.message}`
  return new UsageError(`port ${port} (${service}) ${why}; choose another with ${variable}=PORT`)
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), PATIENCE)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
  })
}
