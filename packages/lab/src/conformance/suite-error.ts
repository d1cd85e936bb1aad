/** The suite answered something that we do not understand, or did not answer. */
export class SuiteError extends Error {
  override readonly name = 'SuiteError'
}
