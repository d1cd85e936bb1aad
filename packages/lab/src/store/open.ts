/** Opens what the setting names. The drivers of other engines are loaded only where they are asked for. */
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  type Records,
  RecordsInSqlite,
  type ReplayMemory,
  ReplayMemoryInSqlite,
  sweepEvery,
} from '@holdfast/store'
import type { Closing } from '../servers/closing.ts'
import type { LabConfiguration } from '../configuration.ts'
import { codeOf, UsageError } from '../errors.ts'
import { filesOf } from './setting.ts'

type Where = Pick<LabConfiguration, 'store'>

/** Milliseconds between two sweeps of expired records. */
const SWEEPING = 60_000

export interface How {
  /**
   * Dangerous: says that nothing was ever used in this store. Only for who provisions it for the
   * first time.
   */
  readonly nothingUsedBefore?: boolean
}

/** Redis forgets by itself what has expired. */
type Swept = Records & { readonly sweep?: () => number | Promise<number> }

/** @throws UsageError if the folder cannot be used; StoreError if the store cannot */
export async function openRecords({ store }: Where, how: How = {}): Promise<Swept> {
  if (store.engine === 'sqlite') {
    const file = filesOf(store).records
    await makeFolder(dirname(file))
    return new RecordsInSqlite(file)
  }
  if (store.engine === 'postgres') {
    const { RecordsInPostgres } = await import('@holdfast/store/postgres')
    return RecordsInPostgres.open(store)
  }
  const { RecordsInRedis } = await import('@holdfast/store/redis')
  return RecordsInRedis.open({ ...store, ...how })
}

/** The records, for as long as a service lives: swept, and closed at its end. */
export async function keepRecords(where: Where, closing: Closing, how: How = {}): Promise<Records> {
  const records = await openRecords(where, how)
  closing.defer(() => records.close())
  const sweep = () => records.sweep?.() ?? 0
  const stop = sweepEvery({ sweep }, SWEEPING, tellUnswept)
  closing.defer(async () => stop())
  return records
}

/** @throws UsageError if the folder cannot be used; StoreError if the store cannot */
export async function keepMemory(
  where: Where,
  closing: Closing,
  how: How = {},
): Promise<ReplayMemory> {
  const memory = await openMemory(where, how)
  closing.defer(() => memory.close())
  return memory
}

/** @throws as `keepMemory` does */
export async function openMemory(
  { store }: Where,
  how: How = {},
): Promise<ReplayMemory & { readonly close: () => Promise<void> }> {
  if (store.engine === 'sqlite') {
    const file = filesOf(store).memory
    await makeFolder(dirname(file))
    return new ReplayMemoryInSqlite(file, how)
  }
  if (store.engine === 'postgres') {
    const { ReplayMemoryInPostgres } = await import('@holdfast/store/postgres')
    return ReplayMemoryInPostgres.open(store)
  }
  const { ReplayMemoryInRedis } = await import('@holdfast/store/redis')
  const { server, name } = store
  return ReplayMemoryInRedis.open({ server, ...(name !== undefined && { name }) })
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new UsageError(
      `${folder} cannot be made (${codeOf(error)}); choose another with --state or HOLDFAST_STORE`,
    )
  }
}

function tellUnswept(error: unknown): void {
  const why = error instanceof Error ? error.name : typeof error
  process.stderr.write(`holdfast: expired records were not swept this time (${why})\n`)
}
