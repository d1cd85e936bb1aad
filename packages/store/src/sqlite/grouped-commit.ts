import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { OpenDatabase } from './database.ts'

interface Write {
  readonly run: () => void
  readonly done: () => void
  readonly failed: (reason: unknown) => void
}

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

  /** @returns what `run` returned, once that is committed */
  async write<T>(run: () => T): Promise<T> {
    const results: T[] = []
    await new Promise<void>((done, failed) => {
      const write = { run: () => void (results[0] = run()), done, failed }
      if (this.#waiting.push(write) === 1) this.#gather(0, 0)
    })
    return results[0]!
  }

  // Waits for another turn as long as turns bring further writes, for each saves a wait for the disk.
  #gather(known: number, turns: number): void {
    setImmediate(() => {
      const count = this.#waiting.length
      if (count > known && turns < MOST_TURNS) this.#gather(count, turns + 1)
      else this.flush()
    })
  }

  flush(): void {
    const group = this.#waiting
    this.#waiting = []
    if (group.length === 0) return
    if (this.#commitAll(group)) return
    // One bad write must not take the others with it: then each stands alone.
    for (const write of group) this.#commitAll([write])
  }

  /** @returns false where nothing was committed, no write was answered, and fewer may succeed */
  #commitAll(group: readonly Write[]): boolean {
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
      if (begun) this.#database.exec('ROLLBACK')
      if (begun && ran < group.length && group.length > 1) return false
      for (const { failed } of group) failed(error)
      return true
    }
    for (const { done } of group) done()
    return true
  }
}
