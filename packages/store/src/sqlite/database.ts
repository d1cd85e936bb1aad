import { chmodSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../records.ts'

export interface OpenDatabase {
  readonly database: DatabaseSync
  /**
   * What is written to a file that was removed, or put in another's place, is lost when its last process
   * ends, and no process that opens it anew sees any of it. The same goes for its log (`-wal`).
   *
   * @throws StoreError as long as what was opened is not under its name
   */
  readonly inPlace: () => void
}

export interface Opening {
  /** One for each version of the schema: a database of version n gets the steps after n. */
  readonly steps: readonly string[]
  /** FULL: what was committed survives a power cut; NORMAL: a killed process only. */
  readonly synchronous: 'FULL' | 'NORMAL'
  /** What is to be done in the transaction that follows the steps. */
  readonly begin?: (database: DatabaseSync) => void
}

/**
 * Milliseconds for which a process waits for another's write: at its start, and later on, when others
 * wait with it (`GroupedCommit` tries again).
 */
const PATIENCE = { opening: 5_000, open: 5 }

/**
 * Opens a file that several processes may share, and brings its schema up to date.
 *
 * @throws StoreError where it cannot be opened, is no database, is damaged, or has a newer schema
 */
export function openDatabase(file: string, opening: Opening): OpenDatabase {
  return namingFile(file, () => {
    const database = new DatabaseSync(file)
    try {
      database.exec(
        `PRAGMA busy_timeout = ${PATIENCE.opening};
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = ${opening.synchronous}`,
      )
      if (file !== ':memory:') chmodSync(file, 0o600)
      refuseDamaged(database)
      begin(database, opening)
      database.exec(`PRAGMA busy_timeout = ${PATIENCE.open}`)
      return { database, inPlace: placed(file) }
    } catch (error) {
      database.close() // with all that it has begun
      throw error
    }
  })
}

/** @throws StoreError that names the file, for whatever is thrown */
export function namingFile<T>(file: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof StoreError) throw error
    throw new StoreError(`${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

function placed(file: string): () => void {
  const inode = (name: string) => statSync(name, { throwIfNoEntry: false })?.ino
  const opened = [file, `${file}-wal`].map((name) => ({ name, ino: inode(name) }))
  return () => {
    for (const { name, ino } of opened)
      if (inode(name) !== ino)
        throw new StoreError(
          `${name} is gone, or not the file that was opened: put it back or restart`,
        )
  }
}

/** A used record whose bytes have changed is not found again, and could be used once more. */
function refuseDamaged(database: DatabaseSync): void {
  const { quick_check: found } = database.prepare('PRAGMA quick_check(1)').get() ?? {}
  if (found !== 'ok') throw new Error(`is damaged: ${String(found)}`)
}

function begin(database: DatabaseSync, opening: Opening): void {
  const { steps } = opening
  database.exec('BEGIN IMMEDIATE')
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version > steps.length)
    throw new Error(`schema ${version} is newer than this program's ${steps.length}`)
  for (const step of steps.slice(version)) database.exec(step)
  opening.begin?.(database)
  database.exec(`PRAGMA user_version = ${steps.length}; COMMIT`)
}
