import type { Engine } from './authorization-server/engines.ts'

/** A promise of a server, put to the test for longer than a test can take. */
export interface Soak {
  readonly name: string
  /** One sentence: the promise. */
  readonly shows: string
  /** What `--rounds` counts. */
  readonly counts: string
  /** How many there are unless the command says otherwise. */
  readonly rounds: number
  /** The stores that `--engine` may name; the first is what it is unless the command says otherwise. */
  readonly engines?: readonly [Engine, ...Engine[]]
  /** @throws CannotRun */
  readonly run: (rounds: number, say: Say, engine: Engine) => Promise<Findings>
}

/** Tells whoever waits what is going on. */
export type Say = (text: string) => void

export interface Findings {
  readonly table: readonly Line[]
  /** Where the promise was broken, and how. Empty: it was kept. */
  readonly broken: readonly string[]
}

/** One line of the table: head → cell. All lines have the same heads. */
export type Line = Readonly<Record<string, string | number>>

/** Says at most so many of the ways in which a promise was broken; more of the same help nobody. */
const TOLD = 20

export class Broken {
  readonly #list: string[] = []
  #more = 0

  add(what: string): void {
    if (this.#list.length < TOLD) this.#list.push(what)
    else this.#more += 1
  }

  get list(): readonly string[] {
    return this.#more > 0 ? [...this.#list, `and ${this.#more} more`] : this.#list
  }
}
