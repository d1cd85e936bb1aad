import type { RequestListener } from 'node:http'
import type { Registry } from 'prom-client'

/**
 * `/health/live`: this process answers. `/health/ready`: what it depends on answers too. `/metrics`:
 * for Prometheus, where there are any.
 */
export const management =
  (ready: () => Promise<void>, metrics?: Registry): RequestListener =>
  (request, response) => {
    const say = (status: number, body: object) =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
        .end(JSON.stringify(body))
    if (request.url === '/health/live') say(200, { status: 'live' })
    else if (request.url === '/health/ready')
      ready().then(
        () => say(200, { status: 'ready' }),
        () => say(503, { status: 'not ready' }),
      )
    else if (request.url === '/metrics' && metrics)
      metrics.metrics().then(
        (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
        () => say(500, { error: 'server_error' }),
      )
    else say(404, { error: 'not_found' })
  }
