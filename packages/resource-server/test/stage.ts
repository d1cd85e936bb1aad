/**
 * The stage of these tests: a real HTTPS server on a port of its own, in front of the lab's API or
 * of one route, a real issuer on loopback, a clock that is set by hand, and a client that sends
 * exactly the fields that it is told to.
 */
import { randomBytes } from 'node:crypto'
import { Agent, createServer, request as httpsRequest } from 'node:https'
import { ReplayMemoryInProcess } from '@holdfast/store'
import type { TraceEvent } from '@holdfast/trace'
import Koa from 'koa'
import { type ApiOptions, createApi } from '../api/index.ts'
import {
  introspectedTokens,
  type IntrospectionOptions,
  type JwtIssuer,
  jwtTokens,
  protect,
  type ProtectOptions,
} from '../src/index.ts'
import { type Certificates, makeCertificates, type Pair } from './certificates.ts'
import { addressOf, type Issuer, startIssuer } from './issuer.ts'
import {
  accessToken,
  dpopProof,
  ISSUER,
  jkt,
  type Members,
  newSigner,
  type ProofRequest,
  RESOURCE,
  type Signer,
} from './mint.ts'

export interface Outgoing {
  readonly method?: string
  /** The request target, as it is. */
  readonly path?: string
  readonly fields?: readonly (readonly [name: string, value: string])[]
  readonly certificate?: Pair
  /** The name in the TLS handshake; without, none is sent: the stage is at an IP address. */
  readonly servername?: string
  /** The Host field. */
  readonly host?: string
  readonly body?: string
}

export interface Incoming {
  readonly status: number
  /** One for each WWW-Authenticate line. */
  readonly challenges: readonly string[]
  readonly nonce: string | undefined
  readonly cacheControl: string | undefined
  readonly retryAfter: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Members
}

export interface Stage {
  /** Milliseconds; tests set it. */
  readonly clock: { now: number }
  readonly issuer: Issuer
  readonly certificates: Certificates
  /** Of the server, for what `send` cannot say. */
  readonly port: number
  readonly client: Signer
  /** What the server reported, and what it could not cope with: that must stay empty. */
  readonly events: TraceEvent[]
  readonly errors: unknown[]
  send(request: Outgoing): Promise<Incoming>
  token(claims?: Members): Promise<string>
  proof(request: Omit<ProofRequest, 'time'>, key?: Signer): Promise<string>
  /** An honest request of a DPoP client. */
  honest(edit?: { readonly token?: string; readonly path?: string }): Promise<Outgoing>
  close(): Promise<void>
}

/** What a stage can be given; everything else is the lab's. */
export type Scenery = Partial<
  Pick<ApiOptions, 'memory' | 'explain' | 'rows' | 'nonceLifetime' | 'nonceSecret'>
> & {
  /** Of the readers, besides what they must have here. */
  readonly reading?: Omit<Partial<JwtIssuer>, 'issuer'>
  readonly introspecting?: Partial<IntrospectionOptions>
  /** One route `GET /accounts` with this policy, instead of the API. */
  readonly route?: Partial<ProtectOptions>
  readonly clock?: { now: number }
  /** Instead of the stage's own. */
  readonly certificates?: Certificates
}

/**
 * Milliseconds, on a second. The certificates come from openssl, which knows the real time only: an
 * hour from now all are valid, those too that another file of tests makes in this process later.
 */
export const START = Math.floor(Date.now() / 1000) * 1000 + 3_600_000

export async function raise(scenery: Scenery = {}): Promise<Stage> {
  const {
    clock = { now: START },
    certificates = own,
    route,
    reading: jwt,
    introspecting,
    ...given
  } = scenery
  const issuer = await startIssuer()
  const events: TraceEvent[] = []
  const now = () => clock.now
  const reading = { issuer: ISSUER, fetch: issuer.fetch, now }
  const options = {
    resource: RESOURCE,
    issuer: ISSUER,
    memory: memorySince(START - 60_000, clock),
    nonceSecret: randomBytes(32),
    now,
    report: (event: TraceEvent) => events.push(event),
    jwtTokens: jwtTokens({ ...reading, ...jwt }),
    opaqueTokens: introspectedTokens({
      ...reading,
      clientId: 'the-api',
      key: INTROSPECTION_KEY,
      cacheFor: 0,
      ...introspecting,
    }),
    ...given,
  }
  const { jwtTokens: jwtReader, opaqueTokens: _, rows: __, ...shared } = options
  const app = route
    ? oneRoute({
        ...shared,
        tokens: jwtReader,
        audience: RESOURCE,
        scopes: ['accounts'],
        ...route,
      })
    : createApi(options)
  return serve(app, { clock, issuer, events, certificates })
}

function oneRoute(options: ProtectOptions): Koa {
  const app = new Koa()
  app.use(protect(options))
  app.use((ctx) => {
    ctx.body = { through: true }
  })
  return app
}

/** Begun long before the first request, unless the test is about just that. */
export function memorySince(since: number, clock: { now: number }): ReplayMemoryInProcess {
  let begun = false
  const memory = new ReplayMemoryInProcess(() => (begun ? clock.now : since))
  begun = true
  return memory
}

const own = makeCertificates()
export const INTROSPECTION_SIGNER = newSigner('api-1')
export const INTROSPECTION_KEY = {
  ...INTROSPECTION_SIGNER.privateKey.export({ format: 'jwk' }),
  alg: 'ES256',
  kid: 'api-1',
}

type Props = Pick<Stage, 'clock' | 'issuer' | 'events' | 'certificates'>

async function serve(app: Koa, { clock, issuer, events, certificates }: Props): Promise<Stage> {
  const errors: unknown[] = []
  app.on('error', (error) => errors.push(error))
  const { key, cert } = certificates.server
  const asking = { requestCert: true, rejectUnauthorized: false, ca: certificates.ca }
  const maxHeaderSize = 256 * 1024 // what is too long is for us to refuse, not for Node
  const listener = app.callback()
  const server = createServer(
    { key, cert, ...asking, maxHeaderSize },
    (req, res) => void listener(req, res),
  )
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = addressOf(server.address())

  const agents = new Map<Pair | undefined, Agent>()
  const agentFor = (pair: Pair | undefined): Agent => {
    const known = agents.get(pair)
    if (known) return known
    const agent = new Agent({ keepAlive: true, ca: certificates.ca, ...pair })
    agents.set(pair, agent)
    return agent
  }

  const client = newSigner('client')
  const time = () => clock.now / 1000
  const token = (claims: Members = {}) =>
    accessToken(issuer.signers[0]!, time(), { cnf: { jkt: jkt(client) }, ...claims })
  const proof: Stage['proof'] = (request, by = client) =>
    dpopProof(by, { ...request, time: time() })

  return {
    clock,
    issuer,
    events,
    errors,
    certificates,
    port,
    client,
    token,
    proof,
    send: (request) => exchange(request, port, agentFor(request.certificate)),
    honest: async ({ token: given, path = '/accounts' } = {}) => {
      const bearer = given ?? (await token())
      return { path, fields: dpopFields(bearer, await proof({ token: bearer, path })) }
    },
    close: async () => {
      for (const agent of agents.values()) agent.destroy()
      await issuer.close()
      await new Promise<void>((done) => {
        server.close(() => done())
        server.closeAllConnections()
      })
    },
  }
}

export const dpopFields = (token: string, ...proofs: readonly string[]) =>
  [
    ['Authorization', `DPoP ${token}`],
    ...proofs.map((proof) => ['DPoP', proof] as const),
  ] as readonly (readonly [string, string])[]

function exchange(outgoing: Outgoing, port: number, agent: Agent): Promise<Incoming> {
  const { method = 'GET', path = '/accounts', fields = [], body } = outgoing
  const length = body === undefined ? [] : ['Content-Length', `${Buffer.byteLength(body)}`]
  return new Promise((done, fail) => {
    const request = httpsRequest({
      host: '127.0.0.1',
      port,
      agent,
      method,
      path,
      ...(outgoing.servername !== undefined && { servername: outgoing.servername }),
      headers: ['Host', outgoing.host ?? 'rs.example', ...fields.flat(), ...length],
    })
    request.on('error', fail)
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const { headers, statusCode = 0, headersDistinct } = response
        done({
          status: statusCode,
          challenges: headersDistinct['www-authenticate'] ?? [],
          nonce: headersDistinct['dpop-nonce']?.join(' and '),
          cacheControl: headersDistinct['cache-control']?.join(' and '),
          retryAfter: headers['retry-after'],
          headers,
          body: json(Buffer.concat(chunks).toString()),
        })
      })
    })
    request.end(body)
  })
}

function json(text: string): Members {
  try {
    return Object(JSON.parse(text))
  } catch {
    return { text }
  }
}
