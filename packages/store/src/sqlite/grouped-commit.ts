import type { DatabaseSync, StatementSync } from 'node:sqlite'

interface Write {
  readonly run: () => void
  readonly mayLag: boolean
  readonly done: () => void
  readonly failed: (reason: unknown) => void
}

/**
 * Writes that were asked for in one turn of the event loop are committed together, so that they
 * share one wait for the disk. None is acknowledged before the commit that contains it.
 */
export class GroupedCommit {
  readonly #database: DatabaseSync
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  #waiting: Write[] = []
  #synced: boolean | undefined

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#begin = database.prepare('BEGIN IMMEDIATE')
    this.#commit = database.prepare('COMMIT')
  }

  /**
   * @param mayLag whether a power cut may undo it although it was acknowledged
   * @returns what `run` returned, once that is committed
   */
  async write<T>(mayLag: boolean, run: () => T): Promise<T> {
    const results: T[] = []
    await new Promise<void>((done, failed) => {
      const write = { run: () => void (results[0] = run()), mayLag, done, failed }
      if (this.#waiting.push(write) === 1) setImmediate(() => this.flush())
    })
    return results[0]!
  }

  flush(): void {
    const group = this.#waiting
    this.#waiting = []
    if (group.length === 0) return
    this.#choose(group.some(({ mayLag }) => !mayLag))
    // One bad write must not take the others with it: then each stands alone.
    if (group.length > 1 && this.#together(group)) return
    for (const write of group) alone(write)
  }

  /** @returns false where nothing was committed and no write was answered */
  #together(group: readonly Write[]): boolean {
    let ran = 0
    try {
      this.#begin.run()
      for (const { run } of group) {
        run()
        ran += 1
      }
      this.#commit.run()
    } catch (error) {
      const begun = this.#database.isTransaction
      if (begun) this.#database.exec('ROLLBACK')
      if (begun && ran < group.length) return false
      for (const { failed } of group) failed(error)
      return true
    }
    for (const { done } of group) done()
    return true
  }

  #choose(synced: boolean): void {
    if (synced === this.#synced) return
    this.#database.exec(`PRAGMA synchronous = ${synced ? 'FULL' : 'NORMAL'}`)
    this.#synced = synced
  }
}

function alone({ run, done, failed }: Write): void {
  try {
    run()
    done()
  } catch (error) {
    failed(error)
  }
}
