/** The stores on which the lab's authorization server is put to the test. */
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { freePort, installed, newFolder } from '../processes.ts'
import { POSTGRES, PostgresServer } from '../postgres-server.ts'
import { follow, RedisAddress } from '../redis-address.ts'
import { RedisServer } from '../redis-server.ts'
import { CannotRun } from '../cannot-run.ts'

export const ENGINES = ['sqlite', 'postgres', 'redis'] as const
export type Engine = (typeof ENGINES)[number]

/** `redis-replica`: two Redis servers, of which each takes the other's place when that is killed. */
export type Kind = Engine | 'redis-replica'

/** The store is there, and does not answer or is not what it was. */
export interface Outage {
  readonly title: string
  /** What it holds can be read all the while. */
  readonly isReadable?: boolean
  readonly begin: () => Promise<void>
  readonly end: () => Promise<void>
}

export interface Store {
  /** For `HOLDFAST_STORE`. */
  readonly setting: string
  /** With SIGKILL, where there is a server. */
  readonly kill: () => Promise<void>
  /** The same server again, or the one that takes its place. */
  readonly start: () => Promise<void>
  readonly outages: readonly Outage[]
}

const killed = ({ kill, start }: Pick<Store, 'kill' | 'start'>): Outage => ({
  title: 'it is killed',
  begin: kill,
  end: start,
})

const stopped = (server: PostgresServer | RedisServer): Outage => ({
  title: 'it has stopped (SIGSTOP)',
  begin: async () => server.signal('SIGSTOP'),
  end: async () => server.signal('SIGCONT'),
})

/** @throws CannotRun where the server is not installed */
export const startStore = (kind: Kind): Promise<Store> => STARTING[kind]()

const STARTING: { readonly [kind in Kind]: () => Promise<Store> } = {
  sqlite: async () => {
    const folder = newFolder()
    return {
      setting: `sqlite:${folder}`,
      kill: async () => {},
      start: async () => {},
      outages: [gone(folder), locked(folder)],
    }
  },
  postgres: async () => {
    if (POSTGRES === undefined) throw new CannotRun('postgres is not installed')
    const server = await PostgresServer.start()
    const own = { kill: () => server.kill(), start: () => server.start() }
    return {
      setting: `postgres://holdfast@localhost/postgres?socket=${server.folder}`,
      ...own,
      outages: [killed(own), stopped(server)],
    }
  },
  redis: async () => {
    const server = await durableRedis()
    const own = { kill: () => server.kill(), start: () => server.start() }
    return {
      setting: `redis://localhost?socket=${server.path}&restart=keeps`,
      ...own,
      outages: [killed(own), stopped(server)],
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
      outages: [],
    }
  },
}

function gone(folder: string): Outage {
  const move = async (from: string, to: string) => {
    for (const end of ['', '-wal', '-shm'])
      await rename(join(folder, `${from}${end}`), join(folder, `${to}${end}`))
  }
  return {
    title: 'its file is gone',
    begin: () => move('records.sqlite', 'elsewhere'),
    end: () => move('elsewhere', 'records.sqlite'),
  }
}

function locked(folder: string): Outage {
  let database: DatabaseSync | undefined
  return {
    title: 'another program has locked its file',
    isReadable: true,
    begin: async () => {
      database = new DatabaseSync(join(folder, 'records.sqlite'))
      database.exec('BEGIN IMMEDIATE')
    },
    end: async () => database?.close(),
  }
}

async function durableRedis(): Promise<RedisServer> {
  if (!installed('redis-server')) throw new CannotRun('redis-server is not installed')
  const port = String(await freePort())
  return RedisServer.start('--port', port, '--appendonly', 'yes', '--appendfsync', 'always')
}
