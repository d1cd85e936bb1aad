/**
 * Stands in for the OpenID Foundation's suite, which is somebody else's and of another language: the
 * same REST interface, and modules that use the configuration they were given.
 */
import { createServer } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { listening } from './listening.ts'

interface Entry {
  readonly src: string
  readonly msg: string
  readonly result: string
  readonly requirements?: readonly string[]
}

export interface Ending {
  readonly status: string
  readonly result?: string
  readonly log: readonly Entry[]
}

/** A module that has been started, as it is whenever somebody asks. */
export interface Module {
  readonly ending: () => Ending
  /** Of a module that plays the servers: where a client finds them. */
  readonly exposed?: { readonly issuer: string; readonly accounts_endpoint: string }
}

const warning: Entry = {
  src: 'CheckSomething',
  msg: 'is <unusual> & strange',
  result: 'WARNING',
  requirements: ['PAR-2.2'],
}
const failure: Entry = { ...warning, src: 'CheckAnother', msg: 'is wrong', result: 'FAILURE' }
const success: Entry = { src: 'CheckThird', msg: 'is right', result: 'SUCCESS' }

export const passed: Ending = { status: 'FINISHED', result: 'PASSED', log: [success] }
export const failed: Ending = { status: 'FINISHED', result: 'FAILED', log: [failure] }
export const waiting: Ending = { status: 'WAITING', log: [] }

/** Modules that end as they are called. */
const ENDINGS: { readonly [module: string]: Ending } = {
  warns: { status: 'FINISHED', result: 'WARNING', log: [success, warning] },
  fails: failed,
  'fails-for-no-reason': { status: 'FINISHED', result: 'FAILED', log: [success] },
  breaks: { status: 'INTERRUPTED', log: [] },
  waits: waiting,
  'is-skipped': { status: 'FINISHED', result: 'SKIPPED', log: [] },
}

export interface StandingSuite<Configuration> {
  readonly url: string
  /** Query and body of every plan that was made. */
  readonly plans: { readonly query: URLSearchParams; readonly configuration: Configuration }[]
  readonly close: () => void
}

interface Options<Configuration> {
  readonly tls: { readonly cert: string; readonly key: string }
  readonly modules: readonly string[]
  readonly token?: string
  /** What the other modules do. */
  readonly play: (module: string, configuration: Configuration) => Promise<Module>
}

export async function startSuite<Configuration>(
  options: Options<Configuration>,
): Promise<StandingSuite<Configuration>> {
  const plans: StandingSuite<Configuration>['plans'] = []
  const started = new Map<string, Module>()
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
    if (what === 'GET info') return { status: 200, body: started.get(id)?.ending() }
    if (what === 'GET log') return { status: 200, body: started.get(id)?.ending().log }
    if (what === 'GET runner' && id === 'browser')
      return { status: 200, body: { urls: [`https://somewhere/${more}`] } }
    return { status: 200, body: { exposed: started.get(id)?.exposed } }
  }

  async function start(query: URLSearchParams): Promise<string> {
    const module = query.get('test') ?? ''
    const id = `${module}-${started.size}`
    const { configuration } = plans[Number(query.get('plan')?.slice('plan-'.length)) - 1]!
    const ending = ENDINGS[module]
    started.set(id, ending ? { ending: () => ending } : await options.play(module, configuration))
    return id
  }

  return { url: await listening(server), plans, close: () => server.close() }
}
