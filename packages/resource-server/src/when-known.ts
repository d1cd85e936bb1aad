/**
 * Goes on with a value: at once if it is there, else when it comes. Most requests wait for nothing,
 * and a promise for each of their steps would cost as much as the step.
 */
export const whenKnown = <T, U>(
  value: T | PromiseLike<T>,
  next: (value: T) => U | Promise<U>,
): U | Promise<U> => (isToCome(value) ? Promise.resolve(value).then(next) : next(value))

// A reader of tokens that is not ours may have promises of its own.
const isToCome = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  value instanceof Promise || typeof Object(value).then === 'function'
