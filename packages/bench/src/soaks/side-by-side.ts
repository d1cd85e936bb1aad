import { ratio, spread } from '../report/statistics.ts'

/** Measures once. */
type Measure = () => Promise<number> | number

export interface Compared {
  /** Medians. */
  readonly cost: number
  readonly times: number
}

/** Repetitions that are not counted: until then both sides still compile themselves. */
const WARM_UP = 3

/**
 * Two costs in turn, so that what slows the machine for a while slows both: the ratio is the median
 * of the pairs' own ratios.
 */
export async function sideBySide(
  one: Measure,
  smallest: Measure,
  repetitions: number,
): Promise<Compared> {
  const [ours, theirs]: [number[], number[]] = [[], []]
  for (let index = -WARM_UP; index < repetitions; index += 1) {
    // Each goes first every other time: the second finds the caches of the first.
    const first = index % 2 === 0 ? await one() : await smallest()
    const second = index % 2 === 0 ? await smallest() : await one()
    if (index < 0) continue
    ours.push(index % 2 === 0 ? first : second)
    theirs.push(index % 2 === 0 ? second : first)
  }
  return { cost: spread(ours).median, times: ratio(ours, theirs) }
}
