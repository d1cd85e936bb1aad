import { request } from 'node:https'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Certificate } from './certificates.ts'

export interface Request {
  readonly url: string
  readonly method?: string
  readonly headers?: { readonly [name: string]: string | readonly string[] }
  readonly form?: { readonly [name: string]: string }
  /** A body that is no plain form; sent in chunks. */
  readonly body?: string
  readonly certificate?: Certificate | undefined
  /** The request target, where it is not the path of the URL. */
  readonly target?: string
}

export interface Response {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly json: { readonly [member: string]: unknown }
}

export type Send = (request: Request) => Promise<Response>

/** One request on a connection of its own, so that no certificate is left over from another. */
export const sender =
  (ca: string): Send =>
  ({ url, form, body, method = form ? 'POST' : 'GET', headers = {}, certificate, target }) =>
    new Promise((resolve, reject) => {
      const { hostname, port, pathname, search } = new URL(url)
      const type = form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}
      const outgoing = request(
        {
          hostname,
          servername: hostname, // not the Host that a test may forge
          port,
          method,
          path: target ?? pathname + search,
          headers: { ...type, ...headers },
          agent: false,
          ca,
          ...certificate,
        },
        (incoming) => {
          let text = ''
          incoming.setEncoding('utf8')
          incoming.on('data', (chunk: string) => (text += chunk))
          incoming.on('end', () => {
            const isJson = String(incoming.headers['content-type']).includes('json')
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              text,
              json: isJson && text !== '' ? JSON.parse(text) : {},
            })
          })
        },
      )
      outgoing.on('error', reject)
      if (body !== undefined) outgoing.write(body)
      outgoing.end(form ? new URLSearchParams(form).toString() : undefined)
    })

export function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('the server does not listen')
  return address.port
}
