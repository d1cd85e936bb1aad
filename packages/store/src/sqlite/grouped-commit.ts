import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { StoreError } from '../records.ts'
import type { OpenDatabase } from './database.ts'

interface Write {
  /** By `performance.now()`: for so long it waits while another process has the file locked. */
  readonly until: number
  readonly run: () => void
  readonly done: () => void
  readonly failed: (reason: unknown) => void
}

/** Milliseconds for which a write waits for those of other processes, and between two looks. */
const PATIENCE = 5_000
const PAUSE = 20

/** Turns of the event loop for which the first write waits at most. */
const MOST_TURNS = 8

/**
 * Writes that were asked for in a few turns of the event loop are committed together, so that they
 * share one wait for the disk. None is acknowledged before the commit that contains it.
 */
export class GroupedCommit {
  readonly #database: DatabaseSync
  readonly #inPlace: () => void
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  #waiting: Write[] = []

  constructor({ database, inPlace }: OpenDatabase) {
    this.#database = database
    this.#inPlace = inPlace
    this.#begin = database.prepare('BEGIN IMMEDIATE')
    this.#commit = database.prepare('COMMIT')
  }

  /**
   * @returns what `run` returned, once that is committed
   * @throws StoreError if the file is locked all the while; then nothing has happened
   */
  async write<T>(run: () => T): Promise<T> {
    const results: T[] = []
    const until = performance.now() + PATIENCE
    await new Promise<void>((done, failed) => {
      const write = { run: () => void (results[0] = run()), until, done, failed }
      if (this.#waiting.push(write) === 1) this.#gather(0, 0)
    })
    return results[0]!
  }

  // Waits for another turn as long as turns bring further writes, for each saves a wait for the disk.
  #gather(known: number, turns: number): void {
    setImmediate(() => {
      const count = this.#waiting.length
      if (count > known && turns < MOST_TURNS) this.#gather(count, turns + 1)
      else this.#flush()
    })
  }

  /** Resolves when nothing waits any more. */
  async close(): Promise<void> {
    this.#flush()
    while (this.#waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }

  #flush(): void {
    const group = this.#waiting
    this.#waiting = []
    if (group.length === 0) return
    const outcome = this.#commitAll(group)
    if (outcome === 'locked') this.#later(group)
    if (outcome !== 'one is bad') return
    // It must not take the others with it: then each stands alone.
    this.#later(group.filter((write) => this.#commitAll([write]) === 'locked'))
  }

  /** Another process writes: its end is waited for, together with what comes meanwhile. */
  #later(group: readonly Write[]): void {
    const now = performance.now()
    for (const write of group)
      if (write.until > now) this.#waiting.push(write)
      else write.failed(new StoreError(`another process has locked the file for ${PATIENCE} ms`))
    if (this.#waiting.length > 0) setTimeout(() => this.#flush(), PAUSE)
  }

  #commitAll(group: readonly Write[]): Outcome {
    let ran = 0
    try {
      this.#inPlace()
      this.#begin.run()
      for (const { run } of group) {
        run()
        ran += 1
      }
      this.#commit.run()
    } catch (error) {
      const begun = this.#database.isTransaction
      if (begun) this.#rollBack()
      else if (ran === 0 && isBusy(error)) return 'locked'
      if (begun && ran < group.length && group.length > 1) return 'one is bad'
      for (const { failed } of group) failed(error)
      return 'answered'
    }
    for (const { done } of group) done()
    return 'answered'
  }

  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK')
    } catch {
      // What has failed before is told; a transaction that is still open is rolled back by the next write.
    }
  }
}

/** Where it is not `answered`, nothing was committed, and what was asked for is still to be done. */
type Outcome = 'answered' | 'locked' | 'one is bad'

const SQLITE_BUSY = 5

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY
