/** What is measured: each kind of exchange with each store, and with the stock library. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench, Contender, Target } from '../bench.ts'
import { BenchError } from '../error.ts'
import { selfSigned } from '../load/certificates.ts'
import { cpuTime } from '../load/cpu-time.ts'
import { message, pidOf, startNode } from '../load/processes.ts'
import { find } from '../machine.ts'
import { spread } from '../report/statistics.ts'
import { POSTGRES, PostgresServer } from '../soaks/postgres-server.ts'
import { RedisServer } from '../soaks/redis-server.ts'
import { type Kind, KINDS, type Loaded, type LoadSettings, type Order } from './load/order.ts'
import { ENGINES, type Store } from './stores.ts'

type Engine = (typeof ENGINES)[number]

const TITLES: Readonly<Record<Kind, string>> = {
  dpop: 'client_credentials, private_key_jwt + DPoP',
  mtls: 'client_credentials, tls_client_auth + mTLS',
  code: 'PAR, code, tokens, private_key_jwt + DPoP',
}

const MISSING: Readonly<Partial<Record<Engine, () => string | undefined>>> = {
  postgres: () => (POSTGRES === undefined ? 'postgres is not installed' : undefined),
  redis: () => (find('redis-server') ? undefined : 'redis-server is not installed'),
}

export const stockOf = (kind: Kind): string => `stock-${kind}`

const stock = (kind: Kind): Target => ({
  name: stockOf(kind),
  title: `stock oidc-provider, its memory: ${TITLES[kind]}`,
  missing: noOpenssl,
  start: (bench) => contender(bench, kind, 'stock', { engine: 'memory' }),
})

const ours = (kind: Kind, engine: Engine): Target => ({
  name: `${engine}-${kind}`,
  title: `ours, ${engine}: ${TITLES[kind]}`,
  missing: () => noOpenssl() ?? MISSING[engine]?.(),
  start: async (bench) => contender(bench, kind, 'ours', await storeOf(engine, bench)),
})

export const TARGETS: readonly Target[] = KINDS.flatMap((kind) =>
  [stock(kind)].concat(ENGINES.map((engine) => ours(kind, engine))),
)

function noOpenssl(): string | undefined {
  return find('openssl') ? undefined : 'openssl is not installed'
}

/** An empty store; a server that it needs ends with the run. */
export async function storeOf(engine: Engine, { folder }: Pick<Bench, 'folder'>): Promise<Store> {
  if (engine === 'memory') return { engine }
  if (engine === 'sqlite') return { engine, folder: mkdtempSync(join(folder, 'sqlite-')) }
  if (engine === 'postgres') return { engine, socket: (await PostgresServer.start()).folder }
  const redis = await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always')
  return { engine, socket: redis.path }
}

/** A server on its core with a load on the other. */
export async function running(
  { children, folder, connections }: Pick<Bench, 'children' | 'folder' | 'connections'>,
  kind: Kind,
  program: 'stock' | 'ours',
  store: Store,
) {
  const own = mkdtempSync(join(folder, `${program}-`))
  const { key, cert } = await selfSigned(own, 'server')
  const certificate = await selfSigned(own, 'client')
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const server = startNode(children, new URL(`./servers/${program}.ts`, import.meta.url), {
    store,
    tls: { key, cert },
    jwk: { ...pair.publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'ES256' },
    certificate: certificate.cert,
  })
  const where = await message<Pick<LoadSettings, 'issuer' | 'mtlsOrigin'>>(server)
  const jwk = pair.privateKey.export({ format: 'jwk' })
  const load = children.load(new URL('./load/load.ts', import.meta.url), {
    ...where,
    kind,
    connections,
    trust: cert,
    jwk,
    certificate: { key: certificate.key, cert: certificate.cert },
  })
  taken(await message<Loaded>(load))
  return {
    pid: pidOf(server),
    ask: async (order: Order) => {
      load.send(order)
      return taken(await message<Loaded>(load))
    },
  }
}

async function contender(
  bench: Bench,
  kind: Kind,
  program: 'stock' | 'ours',
  store: Store,
): Promise<Contender> {
  const { pid, ask } = await running(bench, kind, program, store)
  return {
    measure: async (seconds) => {
      const before = cpuTime(pid)
      const { took, seconds: lasted } = await ask({ seconds })
      const after = cpuTime(pid)
      const sorted = took.toSorted((a, b) => a - b)
      return {
        perSecond: took.length / lasted,
        p50: spread(took).median,
        p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
        ...(before !== undefined &&
          after !== undefined && { perCpuSecond: took.length / (after - before) }),
      }
    },
  }
}

function taken(loaded: Loaded) {
  if ('error' in loaded) throw new BenchError(loaded.error)
  return loaded
}
