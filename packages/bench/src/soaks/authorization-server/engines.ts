/** The stores on which the lab's authorization server is put to the test. */
import { installed, newFolder } from '../processes.ts'
import { POSTGRES, PostgresServer } from '../postgres-server.ts'
import { RedisServer } from '../redis-server.ts'
import { CannotRun } from '../cannot-run.ts'

export const ENGINES = ['sqlite', 'postgres', 'redis'] as const
export type Engine = (typeof ENGINES)[number]

export interface Store {
  /** For `HOLDFAST_STORE`. */
  readonly setting: string
  /** With SIGKILL, where there is a server. */
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
}

/** @throws CannotRun where the server is not installed */
export const startStore = (engine: Engine): Promise<Store> => STARTING[engine]()

const STARTING: { readonly [engine in Engine]: () => Promise<Store> } = {
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
    if (!installed('redis-server')) throw new CannotRun('redis-server is not installed')
    const server = await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always')
    return {
      setting: `redis://localhost?socket=${server.path}&restart=keeps`,
      kill: () => server.kill(),
      start: () => server.start(),
    }
  },
}
