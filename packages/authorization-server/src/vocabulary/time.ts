/** FAPI2SP-5.3.2.1-13: up to 10 s ahead is accepted … */
export const CLOCK_TOLERANCE = 10
/** … more than 60 s ahead is refused. */
export const DATED_AHEAD = 60

/** Seconds since the epoch. */
export const seconds = (): number => Math.floor(Date.now() / 1_000)
