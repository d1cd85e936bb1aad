/** A listener on a real HTTPS socket, and a client that sees each field line of its answers. */
import type { RequestListener } from 'node:http'
import { createServer, request as httpsRequest } from 'node:https'
import { makeCertificates, type Pair } from './certificates.ts'
import { addressOf } from './issuer.ts'
import type { Outgoing } from './stage.ts'

interface Answered {
  readonly status: number
  /** The lines of one field, as they came, one by one. */
  readonly lines: (name: string) => readonly string[]
  readonly body: string
}

export interface Wire {
  send(outgoing: Outgoing): Promise<Answered>
  close(): Promise<void>
}

export const certificates = makeCertificates()

/** Asks for a client certificate, requires none, as a resource server does. */
export async function wire(listener: RequestListener): Promise<Wire> {
  const server = createServer(
    {
      ...certificates.server,
      ca: certificates.ca,
      requestCert: true,
      rejectUnauthorized: false,
    },
    listener,
  )
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = addressOf(server.address())
  return {
    send: (outgoing) => exchange(outgoing, port, outgoing.certificate),
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

function exchange(outgoing: Outgoing, port: number, pair?: Pair): Promise<Answered> {
  const { method = 'GET', path = '/accounts', fields = [] } = outgoing
  return new Promise((done, fail) => {
    const request = httpsRequest({
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: false,
      ca: certificates.ca,
      ...pair,
      headers: ['Host', 'rs.example', ...fields.flat()],
    })
    request.on('error', fail)
    request.on('response', (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.on('end', () => {
        const { rawHeaders: raw, statusCode: status = 0 } = response
        const lines = (name: string) =>
          raw.filter((_, at) => at % 2 === 1 && raw[at - 1]?.toLowerCase() === name)
        done({ status, lines, body })
      })
    })
    request.end()
  })
}
