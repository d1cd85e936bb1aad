/** Milliseconds. One connection that breaks must not cost more than this. */
const FIRST = 250
/** Milliseconds: as long as we tell a client to wait (`Retry-After`). */
const LONGEST = 5_000

/** Keeps a source that fails from being asked once for every request. */
export interface Pause {
  /** Is it too early to ask again? */
  readonly lasts: () => boolean
  readonly failed: () => void
  readonly succeeded: () => void
}

/**
 * After a failure a pause of 250 ms, after each further one of twice as long as before, up to five
 * seconds. A success ends it.
 */
export function pauseAfterFailure(now: () => number): Pause {
  let next = FIRST
  let until = -Infinity
  return {
    lasts: () => {
      const left = until - now()
      return left > 0 && left <= LONGEST // more: the clock has been set back
    },
    failed: () => {
      until = now() + next
      next = Math.min(2 * next, LONGEST)
    },
    succeeded: () => {
      until = -Infinity
      next = FIRST
    },
  }
}
