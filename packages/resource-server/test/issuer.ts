import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Fetch } from '../src/index.ts'
import { ISSUER, type Members, newSigner, type Signer } from './mint.ts'

/** An authorization server on loopback: metadata, keys and introspection, and a record of it all. */
export interface Issuer {
  /** Those whose public half is published; the first signs. */
  signers: Signer[]
  /** The answer for each opaque token. */
  readonly tokens: Map<string, Members>
  /** Written over the metadata. */
  metadata: Members
  /** Status that every request gets instead of an answer. */
  broken: number | undefined
  /** What a path answers instead of what it should. */
  readonly answers: Map<
    string,
    (headers: IncomingHttpHeaders) => CannedAnswer | Promise<CannedAnswer>
  >
  /** Waited for before each answer: for tests of what happens meanwhile. */
  gate: Promise<void> | undefined
  /** Keys that the JWKS holds besides those of the signers. */
  strangeKeys: unknown[]
  /** Paths, in the order in which they were asked for. */
  readonly asked: string[]
  /** Header fields of each request, in the same order. */
  readonly headers: IncomingHttpHeaders[]
  /** Forms that the introspection endpoint got. */
  readonly introspected: URLSearchParams[]
  /** `fetch` for which the issuer's https origin is this server. */
  readonly fetch: Fetch
  /** Ends the server: from now on it is out of reach. */
  close(): Promise<void>
}

interface CannedAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

export async function startIssuer(): Promise<Issuer> {
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const origin = `http://127.0.0.1:${addressOf(server.address()).port}`

  const issuer: Issuer = {
    signers: [newSigner('issuer-1')],
    tokens: new Map(),
    metadata: {},
    broken: undefined,
    answers: new Map(),
    gate: undefined,
    strangeKeys: [],
    asked: [],
    headers: [],
    introspected: [],
    fetch: (url, init) => fetch(url.replace(ISSUER, origin), init),
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    issuer.asked.push(path)
    issuer.headers.push(request.headers)
    const body = await read(request)
    await issuer.gate
    const canned = await issuer.answers.get(path)?.(request.headers)
    if (canned && !issuer.broken) {
      response.writeHead(canned.status ?? 200, canned.headers)
      response.end(canned.body)
      return
    }
    response.statusCode = issuer.broken ?? 200
    response.setHeader('content-type', 'application/json')
    response.end(issuer.broken ? '{}' : JSON.stringify(document(path, body)))
  }

  function document(path: string, body: string): Members {
    if (path === '/jwks') return { keys: [...issuer.strangeKeys, ...issuer.signers.map(published)] }
    if (path === '/introspect') {
      const form = new URLSearchParams(body)
      issuer.introspected.push(form)
      return issuer.tokens.get(form.get('token') ?? '') ?? { active: false }
    }
    return {
      issuer: ISSUER,
      jwks_uri: `${ISSUER}/jwks`,
      introspection_endpoint: `${ISSUER}/introspect`,
      ...issuer.metadata,
    }
  }
  return issuer
}

export const published = ({ jwk, kid }: Signer) => ({ ...jwk, kid, alg: 'ES256', use: 'sig' })

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

export function addressOf(address: string | AddressInfo | null): AddressInfo {
  if (typeof address !== 'object' || !address) throw new Error('the server has no port')
  return address
}
