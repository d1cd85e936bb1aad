/** A client's own server, where it is told of logouts: what arrives there is in the trace. */
import { once } from 'node:events'
import { createServer } from 'node:https'
import { openAuthority } from '@holdfast/ca'
import { type EndedSession, type FapiClient, logoutEndpoint } from '@holdfast/client'
import { nextSpan, type TraceContext } from '@holdfast/trace'
import type { Attached } from '../attach.ts'
import { logoutReceiver } from '../clients/clients.ts'

export interface LogoutReceiver {
  /** For `backchannel_logout_uri`. */
  readonly url: string
  /** @returns the sessions whose end this client was told, as they come */
  readonly listenAs: (client: FapiClient) => readonly EndedSession[]
  readonly close: () => void
}

export async function startLogoutReceiver({
  lab,
  context,
}: {
  readonly lab: Attached
  readonly context: TraceContext
}): Promise<LogoutReceiver> {
  const { chain: cert, key } = await logoutReceiver(await openAuthority(lab.folders.certs))
  const server = createServer({ cert, key })
  await once(server.listen(0, 'localhost'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const url = `https://localhost:${port}/logout`

  const listenAs = (client: FapiClient): readonly EndedSession[] => {
    const told: EndedSession[] = []
    server.on('request', (request, response) => {
      const exchange = { ...nextSpan(context), by: 'authorization-server' } as const
      const checkLogoutToken = (token: string) => {
        const body = new URLSearchParams({ logout_token: token }).toString()
        const headers = Object.entries(request.headersDistinct).map(
          ([name, values = []]) => [name, values.join(', ')] as const,
        )
        const { method = '' } = request
        lab.report({ ...exchange, type: 'request', at: Date.now(), method, url, headers, body })
        return client.checkLogoutToken(token)
      }
      response.once('finish', () => {
        const { statusCode: status } = response
        lab.report({ ...exchange, type: 'response', at: Date.now(), status, headers: [] })
      })
      logoutEndpoint({ checkLogoutToken }, (session) => void told.push(session))(request, response)
    })
    return told
  }
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url, listenAs, close }
}
