/** The lab's authorization server as several processes on one store, behind a balancer. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type ClientMaterial, readMaterial } from '@holdfast/client'
import { Balancer } from '@holdfast/lab/balancer'
import { end, eventually, freePort, newFolder, startService } from '../processes.ts'
import { type Kind, type Store, startStore } from './engines.ts'

const service = (name: string): URL =>
  new URL(`../../../../lab/src/services/${name}.ts`, import.meta.url)

// oxfmt-ignore
const PORTS = {
  public: 'HOLDFAST_AUTHORIZATION_SERVER_PORT',
  alias: 'HOLDFAST_MTLS_ALIAS_PORT',
  management: 'HOLDFAST_AUTHORIZATION_SERVER_MANAGEMENT_PORT',
  status: 'HOLDFAST_CERTIFICATE_STATUS_PORT',
  resource: 'HOLDFAST_RESOURCE_SERVER_PORT',
  console: 'HOLDFAST_CONSOLE_PORT',
} as const

type Ports = { readonly [port in keyof typeof PORTS]: number }

/** One process; all have the same ports, so each has a loopback address of its own. */
class Node {
  readonly address: string
  readonly #env: Readonly<Record<string, string>>
  readonly #management: number
  #child: ChildProcess | undefined

  constructor(index: number, ports: Ports, env: Readonly<Record<string, string>>) {
    this.address = `127.0.0.${index + 2}`
    this.#management = ports.management
    this.#env = { ...env, HOLDFAST_LISTEN: this.address }
  }

  async start(): Promise<void> {
    this.#child = startService(service('authorization-server'), this.#env)
    await this.ready()
  }

  /** Resolves when it is ready, by itself: nobody starts it again. */
  ready(): Promise<void> {
    return eventually(`node at ${this.address}`, () => this.isReady())
  }

  async isReady(): Promise<boolean> {
    const url = `http://${this.address}:${this.#management}/health/ready`
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok
  }

  async kill(): Promise<void> {
    if (this.#child) await end(this.#child)
  }
}

export class Installation {
  readonly store: Store
  readonly nodes: readonly Node[]
  readonly balancer: Balancer
  readonly issuer: string
  readonly resource: string
  readonly #env: Env
  readonly #status: ChildProcess

  private constructor(
    made: Pick<Installation, 'store' | 'nodes' | 'balancer'>,
    ports: Ports,
    of: { readonly env: Env; readonly status: ChildProcess },
  ) {
    this.store = made.store
    this.nodes = made.nodes
    this.balancer = made.balancer
    this.issuer = `https://localhost:${ports.public}`
    this.resource = `https://localhost:${ports.resource}`
    this.#env = of.env
    this.#status = of.status
  }

  /** @throws CannotRun where the store's server is not installed */
  static async start(on: Kind | Store, count: number): Promise<Installation> {
    const store = typeof on === 'string' ? await startStore(on) : on
    const [folder, ports] = [newFolder(), await freePorts()]
    const env = {
      HOLDFAST_CERTS: join(folder, 'certs'),
      HOLDFAST_STATE: join(folder, 'state'),
      HOLDFAST_STORE: store.setting,
      HOLDFAST_HOST: 'localhost',
      ...variables(ports),
    }
    const code = await prepared(env)
    if (code !== 0) throw new Error(`pki ended with ${code}`)
    const status = startService(service('certificate-status'), env)
    const nodes = Array.from({ length: count }, (_, index) => new Node(index, ports, env))
    await Promise.all(nodes.map((node) => node.start()))
    const balancer = await Balancer.start({
      listen: '127.0.0.1',
      nodes: nodes.map(({ address }) => address),
      ports: [ports.public, ports.alias],
    })
    return new Installation({ store, nodes, balancer }, ports, { env, status })
  }

  material(client: string): Promise<ClientMaterial> {
    const folder = client === 'resource-server' ? client : join('clients', client)
    return readMaterial(join(this.#env.HOLDFAST_STATE, folder))
  }

  /** Puts clients and keys that the store does not hold there once more. @returns the exit code */
  prepare(): Promise<number> {
    return prepared(this.#env)
  }

  async close(): Promise<void> {
    this.balancer.close()
    await Promise.all([...this.nodes.map((node) => node.kill()), end(this.#status)])
    await this.store.kill()
  }
}

interface Env extends Readonly<Record<string, string>> {
  readonly HOLDFAST_STATE: string
}

async function prepared(env: Env): Promise<number> {
  const [code] = await once(startService(service('pki'), env), 'exit')
  return Number(code)
}

async function freePorts(): Promise<Ports> {
  const port = () => freePort()
  return {
    public: await port(),
    alias: await port(),
    management: await port(),
    status: await port(),
    resource: await port(),
    console: await port(),
  }
}

const variables = (ports: Ports): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(PORTS).map(([port, variable]) => [
      variable,
      String(Object.entries(ports).find(([name]) => name === port)?.[1]),
    ]),
  )
