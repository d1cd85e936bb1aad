import { SETTLED } from './key-set.ts'

/** Milliseconds: how long a node may go on with keys that another node has replaced. */
const EVERY = 1_000

/** Looks for other keys, each second and when it is asked to. */
export class Looking {
  readonly #look: () => Promise<void>
  readonly #timer: NodeJS.Timeout
  /** When the last look that has ended began, by the clock that a paused process finds changed. */
  #knownAt = Date.now()
  #underWay: { readonly began: number; readonly end: Promise<void> } | undefined

  constructor(look: () => Promise<void>) {
    this.#look = look
    // What cannot be read now is read the next time.
    this.#timer = setInterval(() => void this.now().catch(() => undefined), EVERY).unref()
  }

  /** Rejects where the keys cannot be read. */
  async now(): Promise<void> {
    const began = Date.now()
    const end = this.#look().finally(() => {
      this.#knownAt = began
    })
    this.#underWay = { began, end }
    await end
  }

  /**
   * What a request must wait for, if for anything. A process that was paused (SIGSTOP, a machine that
   * slept) comes back with the keys of then, which the other nodes may have retired: it looks before it
   * answers. Who has looked since a next key was published knows every key that signs.
   */
  get due(): Promise<void> | undefined {
    const isRecent = (moment: number): boolean => Date.now() - moment < SETTLED
    if (isRecent(this.#knownAt)) return undefined
    const underWay = this.#underWay
    const look = underWay && isRecent(underWay.began) ? underWay.end : this.now()
    // With what it has, where the store is away: then hardly anything is served.
    return look.catch(() => undefined)
  }

  /** Looks no more, but when it is asked to. */
  close(): void {
    clearInterval(this.#timer)
    this.#knownAt = Infinity
  }
}
