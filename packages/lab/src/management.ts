import type { RequestListener } from 'node:http'

/** `/health/live`: this process answers. `/health/ready`: what it depends on answers too. */
export const management =
  (ready: () => Promise<void>): RequestListener =>
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
    else say(404, { error: 'not_found' })
  }
