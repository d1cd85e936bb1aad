/**
 * Milliseconds since then. Infinity where the clock has been set back meanwhile: what was fetched or
 * asked by it would else be believed for as long as it was set back, and longer.
 */
export const elapsed = (then: number, now: number): number => (now < then ? Infinity : now - then)
