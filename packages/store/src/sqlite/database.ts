import { chmodSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../records.ts'

export interface OpenDatabase {
  readonly database: DatabaseSync
  /**
   * What is written to a file that was removed, or put in another's place, is lost when its last process
   * ends, and no process that opens it anew sees any of it.
   *
   * @throws StoreError as long as the file that was opened is not under its name
   */
  readonly inPlace: () => void
}

/**
 * Opens a file that several processes may share, and brings its schema up to date: a database of version n
 * gets the steps after n.
 *
 * @param synchronous FULL: what was committed survives a power cut; NORMAL: a killed process only
 * @throws StoreError where it cannot be opened, is no database, or has a newer schema
 */
export function openDatabase(
  file: string,
  steps: readonly string[],
  synchronous: 'FULL' | 'NORMAL',
): OpenDatabase {
  return namingFile(file, () => {
    const database = new DatabaseSync(file)
    // The other process's write is waited for.
    database.exec(
      `PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`,
    )
    if (file !== ':memory:') chmodSync(file, 0o600)
    migrate(database, file, steps)
    return { database, inPlace: placed(file) }
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
  const inode = () => statSync(file, { throwIfNoEntry: false })?.ino
  const opened = inode()
  return () => {
    if (inode() !== opened)
      throw new StoreError(
        `${file} is gone, or not the file that was opened: put it back or restart`,
      )
  }
}

function migrate(database: DatabaseSync, file: string, steps: readonly string[]): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
    if (version > steps.length)
      throw new StoreError(
        `${file}: schema ${version} is newer than this program's ${steps.length}`,
      )
    for (const step of steps.slice(version)) database.exec(step)
    database.exec(`PRAGMA user_version = ${steps.length}; COMMIT`)
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}
