import { join } from 'node:path'
import {
  type Records,
  RecordsInProcess,
  RecordsInSqlite,
  type ReplayMemory,
  ReplayMemoryInProcess,
  ReplayMemoryInSqlite,
} from '@holdfast/store'

/** Where a server keeps its records. */
export type Store =
  | { readonly engine: 'memory' }
  | { readonly engine: 'sqlite'; readonly folder: string }
  | { readonly engine: 'postgres'; readonly socket: string }
  | { readonly engine: 'redis'; readonly socket: string }

export const ENGINES = ['memory', 'sqlite', 'postgres', 'redis'] as const

/** An empty one. */
export async function openStore(
  store: Store,
): Promise<{ readonly records: Records; readonly memory: ReplayMemory }> {
  if (store.engine === 'memory')
    return { records: new RecordsInProcess(), memory: new ReplayMemoryInProcess() }
  if (store.engine === 'sqlite')
    return {
      records: new RecordsInSqlite(join(store.folder, 'records.sqlite')),
      memory: new ReplayMemoryInSqlite(join(store.folder, 'replay.sqlite')),
    }
  if (store.engine === 'postgres') {
    const { RecordsInPostgres, ReplayMemoryInPostgres } = await import('@holdfast/store/postgres')
    const server = { host: store.socket, user: 'holdfast', database: 'postgres' }
    const records = await RecordsInPostgres.open({ server })
    return { records, memory: await ReplayMemoryInPostgres.open({ server }) }
  }
  const { RecordsInRedis, ReplayMemoryInRedis } = await import('@holdfast/store/redis')
  const server = { socket: { path: store.socket, tls: false as const } }
  const empty = { nothingUsedBefore: true }
  return {
    records: await RecordsInRedis.open({ server, restart: 'keeps', ...empty }),
    memory: await ReplayMemoryInRedis.open({ server }),
  }
}
