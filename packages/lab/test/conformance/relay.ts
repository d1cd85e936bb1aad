/** A relay with TLS on both sides, which changes one thing of what passes. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { text } from 'node:stream/consumers'
import { Agent, request as send } from 'undici'
import { listening } from './listening.ts'

interface Answer {
  readonly path: string
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface Fault {
  /** Of the form of a pushed authorization request. */
  readonly pushed?: (form: URLSearchParams) => void
  /** The answer that is at fault, and nothing for every other. */
  readonly answer: (honest: Answer) => Answer | undefined
}

export interface Relay {
  readonly url: string
  /** From now on; absent: none. What was seen is forgotten. */
  readonly change: (fault?: Fault) => void
  /** Paths that were asked for after the answer that was at fault; absent before it. */
  readonly askedSince: () => readonly string[] | undefined
  readonly close: () => Promise<void>
}

interface Ends {
  readonly tls: { readonly cert: string; readonly key: string }
  /** PEM: whom the server behind is signed by. */
  readonly trust: string
  /** URL of the server behind. */
  readonly behind: string
}

export async function startRelay({ tls, trust, behind }: Ends): Promise<Relay> {
  const agent = new Agent({ connect: { ca: trust } })
  let fault: Fault | undefined
  let since: string[] | undefined

  const relay = async (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url ?? '', behind).pathname
    since?.push(path)
    const body = await text(request)
    const form = new URLSearchParams(body)
    if (path === '/par') fault?.pushed?.(form)
    const answer = await send(`${behind}${request.url}`, {
      method: request.method === 'POST' ? 'POST' : 'GET',
      headers: passedOn(request.headers),
      body: request.method === 'POST' ? form.toString() : null,
      dispatcher: agent,
    })
    const { statusCode: status, headers: fields } = answer
    const honest = { path, status, headers: fields, body: await answer.body.text() }
    const atFault = fault?.answer(honest)
    if (atFault) since = []
    reply(response, atFault ?? honest)
  }

  const server = createServer(tls, (request, response) => void relay(request, response))
  return {
    url: await listening(server),
    change: (next) => {
      fault = next
      since = undefined
    },
    askedSince: () => since,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await agent.close()
    },
  }
}

function reply(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, passedOn(headers)).end(body)
}

/** Of one connection, and not of what it carries (RFC 9110 §7.6.1). */
const OWN: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
])

const passedOn = (headers: Answer['headers']): Answer['headers'] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN.has(name)))
