/** The stores on which the lab's authorization server is put to the test. */
import { freePort, installed, newFolder } from '../processes.ts'
import { POSTGRES, PostgresServer } from '../postgres-server.ts'
import { follow, RedisAddress } from '../redis-address.ts'
import { RedisServer } from '../redis-server.ts'
import { CannotRun } from '../cannot-run.ts'

export const ENGINES = ['sqlite', 'postgres', 'redis'] as const
export type Engine = (typeof ENGINES)[number]

/** `redis-replica`: two Redis servers, of which each takes the other's place when that is killed. */
export type Kind = Engine | 'redis-replica'

export interface Store {
  /** For `HOLDFAST_STORE`. */
  readonly setting: string
  /** With SIGKILL, where there is a server. */
  readonly kill: () => Promise<void>
  /** The same server again, or the one that takes its place. */
  readonly start: () => Promise<void>
}

/** @throws CannotRun where the server is not installed */
export const startStore = (kind: Kind): Promise<Store> => STARTING[kind]()

const STARTING: { readonly [kind in Kind]: () => Promise<Store> } = {
  sqlite: async () => ({
    setting: `sqlite:${newFolder()}`,
    kill: async () => {},
    start: async () => {},
  }),
  postgres: async () => {
    if (POSTGRES === undefined) throw new CannotRun('postgres is not installed')
    const server = await PostgresServer.start()
    return {
      setting: `postgres://holdfast@localhost/postgres?socket=${server.folder}`,
      kill: () => server.kill(),
      start: () => server.start(),
    }
  },
  redis: async () => {
    const server = await durableRedis()
    return {
      setting: `redis://localhost?socket=${server.path}&restart=keeps`,
      kill: () => server.kill(),
      start: () => server.start(),
    }
  },
  'redis-replica': async () => {
    const address = new RedisAddress(await durableRedis())
    let standby = await durableRedis()
    await follow(standby, address.behind)
    return {
      setting: `redis://localhost?socket=${address.path}&restart=keeps&replicas=1`,
      kill: () => address.behind.kill(),
      start: async () => {
        const dead = address.behind
        await standby.ask('REPLICAOF', 'NO', 'ONE')
        address.leadTo(standby)
        await dead.start()
        await follow(dead, standby)
        standby = dead
      },
    }
  },
}

async function durableRedis(): Promise<RedisServer> {
  if (!installed('redis-server')) throw new CannotRun('redis-server is not installed')
  const port = String(await freePort())
  return RedisServer.start('--port', port, '--appendonly', 'yes', '--appendfsync', 'always')
}
