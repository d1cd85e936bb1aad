/** What several rounds of one measurement amount to. */
export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** @throws RangeError for no values */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const [min, max] = [sorted[0], sorted.at(-1)]
  if (min === undefined || max === undefined) throw new RangeError('no values')
  const middle = (sorted.length - 1) / 2
  const [below = min, above = max] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]]
  return { min, median: (below + above) / 2, max }
}

/**
 * The median of the rounds' own ratios, not the ratio of two medians: the two sides of a round were
 * measured within seconds of each other, so that what slows the machine for a while slows both.
 */
export const ratio = (ours: readonly number[], theirs: readonly number[]): number =>
  spread(ours.map((value, round) => value / (theirs[round] ?? Number.NaN))).median
