/** Milliseconds since the epoch, but for `margin` and `knewAnother`. */
export interface Learned {
  /** What the store says of its present generation, by its own clock. */
  readonly since: number
  readonly storeTime: number
  readonly nodeTime: number
  readonly margin: number
  /** Did this node know an earlier generation? */
  readonly knewAnother: boolean
}

/**
 * From when on a generation that this node has just learned of is complete for it, by its own clock,
 * since the `iat` that this is compared with was judged by that: where the store's clock is behind,
 * the moment is moved by the difference.
 *
 * Who knew another generation has put elsewhere until now, perhaps on a primary that is no more: an
 * address that leads back to an earlier one finds its old sentinel, but not what was used meanwhile.
 */
export function completeSince(learned: Learned): number {
  const { since, storeTime, nodeTime, margin, knewAnother } = learned
  const left = knewAnother ? storeTime + margin : 0
  return Math.max(since, left) + Math.max(0, nodeTime - storeTime)
}
