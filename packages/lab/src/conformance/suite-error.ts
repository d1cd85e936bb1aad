/** The suite answered something that we do not understand, or did not answer. */
export class SuiteError extends Error {
  override readonly name = 'SuiteError'
}

/** Why something could not be done: undici says `fetch failed`, and the reason in the cause. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}
