/** The run has no result: a target refused what it should take, or takes what it should refuse. */
export class BenchError extends Error {
  override readonly name = 'BenchError'
}
