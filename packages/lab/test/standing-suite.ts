/**
 * Stands in for the OpenID Foundation's suite, which is somebody else's and of another language: the
 * same REST interface, and modules that use the configuration they were given against the real lab.
 */
import { createServer, type Server } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { approve, type ClientMaterial, connect, openConnection } from '@holdfast/client'

interface Configuration {
  readonly alias: string
  readonly server: { readonly discoveryUrl: string }
  readonly client: {
    readonly client_id: string
    readonly scope: string
    readonly jwks: { readonly keys: readonly [NonNullable<ClientMaterial['key']>] }
  }
  readonly mtls: { readonly cert: string; readonly key: string; readonly ca: string }
  readonly resource: { readonly resourceUrl: string }
}

interface Entry {
  readonly src: string
  readonly msg: string
  readonly result: string
  readonly requirements?: readonly string[]
}

interface Ending {
  readonly status: string
  readonly result?: string
  readonly log: readonly Entry[]
}

const warning: Entry = {
  src: 'CheckSomething',
  msg: 'is <unusual> & strange',
  result: 'WARNING',
  requirements: ['PAR-2.2'],
}
const failure: Entry = { ...warning, src: 'CheckAnother', msg: 'is wrong', result: 'FAILURE' }
const success: Entry = { src: 'CheckThird', msg: 'is right', result: 'SUCCESS' }

/** Modules by name: each ends as it is called, but the first, which ends as the lab lets it. */
const ENDINGS: { readonly [module: string]: Ending } = {
  warns: { status: 'FINISHED', result: 'WARNING', log: [success, warning] },
  fails: { status: 'FINISHED', result: 'FAILED', log: [failure] },
  'fails-for-no-reason': { status: 'FINISHED', result: 'FAILED', log: [success] },
  breaks: { status: 'INTERRUPTED', log: [] },
  waits: { status: 'WAITING', log: [] },
  'is-skipped': { status: 'FINISHED', result: 'SKIPPED', log: [] },
}

export interface StandingSuite {
  readonly url: string
  /** Query and body of every plan that was made. */
  readonly plans: { readonly query: URLSearchParams; readonly configuration: Configuration }[]
  readonly close: () => void
}

interface Options {
  readonly tls: { readonly cert: string; readonly key: string }
  /** PEM: whom the lab's servers are signed by. */
  readonly trust: string
  readonly modules: readonly string[]
  readonly token?: string
  readonly kind: 'authorization_code' | 'client_credentials'
}

export async function startSuite(options: Options): Promise<StandingSuite> {
  const plans: StandingSuite['plans'] = []
  const endings = new Map<string, Ending>()
  const server = createServer(options.tls, (request, response) => {
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })

  async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const { token } = options
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`)
      return { status: 401, body: {} }
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://suite')
    const [, , kind, id = '', more = ''] = pathname.split('/')
    const what = `${request.method} ${kind}`
    if (what === 'POST plan') {
      const configuration: Configuration = JSON.parse(await text(request))
      plans.push({ query: searchParams, configuration })
      const modules = options.modules.map((testModule) => ({ testModule, variant: { a: 'b' } }))
      return { status: 201, body: { id: `plan-${plans.length}`, modules } }
    }
    if (what === 'POST runner') return { status: 201, body: { id: await start(searchParams) } }
    if (what === 'GET plan') return { status: 200, body: { variants: { grant_management: {} } } }
    if (what === 'GET info') return { status: 200, body: endings.get(id) }
    if (what === 'GET log') return { status: 200, body: endings.get(id)?.log }
    if (what === 'GET runner' && id === 'browser')
      return { status: 200, body: { urls: [`https://somewhere/${more}`] } }
    return { status: 200, body: [] }
  }

  async function start(query: URLSearchParams): Promise<string> {
    const module = query.get('test') ?? ''
    const id = `${module}-${endings.size}`
    const { configuration } = plans[Number(query.get('plan')?.slice('plan-'.length)) - 1]!
    endings.set(id, ENDINGS[module] ?? (await tryLab(configuration, options)))
    return id
  }

  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return { url: `https://localhost:${portOf(server)}`, plans, close: () => server.close() }
}

/** An honest request with what the configuration holds, as a module would make it. */
async function tryLab(configuration: Configuration, { trust, kind }: Options): Promise<Ending> {
  const { alias, server, client: given, mtls, resource } = configuration
  const client = await connect({
    issuer: server.discoveryUrl.replace('/.well-known/openid-configuration', ''),
    clientId: given.client_id,
    authentication: alias.includes('-tls-') ? 'tls_client_auth' : 'private_key_jwt',
    binding: alias.includes('-dpop') ? 'dpop' : 'mtls',
    redirectUri: `https://suite.example/test/a/${alias}/callback`,
    key: given.jwks.keys[0],
    certificate: { chain: mtls.cert + mtls.ca, key: mtls.key },
    trust,
  })
  try {
    const tokens =
      kind === 'client_credentials'
        ? await client.clientCredentials({ scope: given.scope })
        : await withUser(client, given.scope)
    const { status } = await client.call(tokens, 'GET', resource.resourceUrl)
    return { status: 'FINISHED', result: status === 200 ? 'PASSED' : 'FAILED', log: [success] }
  } finally {
    await client.close()
  }
}

async function withUser(client: Awaited<ReturnType<typeof connect>>, scope: string) {
  const { redirectUri, trust } = client.material
  const authorization = await client.authorize({ scope })
  const browser = openConnection({ trust })
  try {
    const user = { login: 'alice', password: 'doe' }
    const back = await approve(authorization.url, { fetch: browser.fetch, user, redirectUri })
    return await authorization.callback(back)
  } finally {
    await browser.close()
  }
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}
