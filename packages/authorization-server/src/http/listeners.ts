import type { IncomingMessage, ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'
import { aliasedPaths } from '../vocabulary/endpoints.ts'

export type Listener = (request: IncomingMessage, response: ServerResponse) => void

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] ?? ''

/**
 * One listener, one base URL. The library takes endpoint URLs and the expected `htu` from the
 * request's Host; here they come from configuration, whatever the request says.
 */
export function pinned(origin: string, serve: Listener): Listener {
  const { host } = new URL(origin)
  return (request, response) => {
    // A request target in absolute form would carry a host of its own (RFC 9112 §3.2.2).
    if (!(request.socket instanceof TLSSocket) || !request.url?.startsWith('/'))
      return refuse(response, 400, 'invalid_request', 'TLS and a request target in origin form')
    for (const name of Object.keys(request.headers))
      if (name === 'forwarded' || name.startsWith('x-forwarded-')) delete request.headers[name]
    request.headers.host = host
    serve(request, response)
  }
}

/** RFC 8705 §5: the alias listener has the aliased endpoints and nothing else, discovery included. */
export function aliasesOnly(serve: Listener): Listener {
  return (request, response) => {
    if (aliasedPaths.has(pathOf(request))) serve(request, response)
    else refuse(response, 404, 'not_found', 'this listener serves the mtls_endpoint_aliases only')
  }
}

function refuse(response: ServerResponse, status: number, error: string, sentence: string): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify({ error, error_description: sentence }))
}
