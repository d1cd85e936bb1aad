/**
 * `GET` or `POST /backchannel-authentication?auth_req_id=…&action=allow|deny` on the management port
 * decides in the place of the end-user (CIBA): for automation, such as the OpenID Foundation's suite.
 *
 * It asks for no password, so it is a laboratory's: on no listener of the authorization server, on
 * loopback unless `--listen` says otherwise, for whoever knows the `auth_req_id`, which only the
 * client was told, and not for browsers, so that no page can have it called: they say `Origin` or
 * `Sec-Fetch-Site`, and under a name that was rebound to this machine the door is shut (see door.ts).
 */
import type { IncomingMessage, RequestListener } from 'node:http'
import type { AuthorizationServer } from '@holdfast/authorization-server'

const PATH = '/backchannel-authentication'

interface Answer {
  readonly status: number
  readonly body: object
}

export const withApproval =
  (decide: AuthorizationServer['decide'], otherwise: RequestListener): RequestListener =>
  (request, response) => {
    const url = URL.parse(request.url ?? '', 'http://localhost')
    if (url?.pathname !== PATH) return otherwise(request, response)
    void approve(decide, request, url.searchParams).then(({ status, body }) =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
        .end(JSON.stringify(body)),
    )
  }

async function approve(
  decide: AuthorizationServer['decide'],
  { method, headers }: IncomingMessage,
  parameters: URLSearchParams,
): Promise<Answer> {
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined)
    return refusal(403, 'this is not for browsers')
  if (method !== 'GET' && method !== 'POST') return refusal(405, 'GET or POST')
  const action = parameters.get('action')
  if (action !== 'allow' && action !== 'deny') return refusal(400, 'action is allow or deny')
  try {
    await decide(parameters.get('auth_req_id') ?? '', action)
    return { status: 200, body: { action } }
  } catch (error) {
    const { statusCode = 500, error_description: sentence = 'it could not be decided' } =
      Object(error)
    return refusal(Number(statusCode), String(sentence))
  }
}

const refusal = (status: number, sentence: string): Answer => ({
  status,
  body: { error: 'invalid_request', error_description: sentence },
})
