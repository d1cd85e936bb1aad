import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

import { ClientError } from 'openid-client'

import type { FapiClient } from './fapi-client.ts'
import type { EndedSession } from './logout-token.ts'

/** Characters: many times what a logout token has. */
const LONGEST = 65_536

/**
 * A client's `backchannel_logout_uri` (OpenID Connect Back-Channel Logout §2.5, §2.8), for
 * `https.createServer`: 200 when the end of a session was told, 400 for anything else.
 *
 * @param ended ends the client's own session with this end-user; throws where it cannot
 */
export const logoutEndpoint =
  (
    client: Pick<FapiClient, 'checkLogoutToken'>,
    ended: (session: EndedSession) => void | Promise<void>,
  ): RequestListener =>
  (request, response) =>
    void receive(request)
      .then(async (token) => {
        await ended(await client.checkLogoutToken(token))
        answer(response, 200)
      })
      .catch((error: unknown) => {
        const why = error instanceof ClientError ? error.message : 'the logout failed'
        answer(response, 400, { error: 'invalid_request', error_description: why })
      })

async function receive(request: IncomingMessage): Promise<string> {
  const type = request.headers['content-type'] ?? ''
  let body = ''
  for await (const part of request.setEncoding('utf8')) {
    body += String(part)
    if (body.length > LONGEST) throw new ClientError('the request is too long')
  }
  const tokens = new URLSearchParams(body).getAll('logout_token')
  const [token] = tokens
  const isForm = /^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)
  if (request.method !== 'POST' || !isForm || token === undefined || tokens.length > 1)
    throw new ClientError('this is no form that is posted with one logout_token')
  return token
}

function answer(response: ServerResponse, status: number, body?: object): void {
  const headers = { 'cache-control': 'no-store', 'content-type': 'application/json' }
  response.writeHead(status, headers).end(body && JSON.stringify(body))
}
