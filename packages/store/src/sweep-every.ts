/**
 * Has expired records removed for as long as the process lives; does not keep it alive.
 *
 * @param milliseconds between two sweeps
 * @param failed hears of a sweep that failed; the next one is tried all the same
 * @returns stops it
 */
export function sweepEvery(
  records: { sweep(): number | Promise<number> },
  milliseconds: number,
  failed: (error: unknown) => void,
): () => void {
  let sweeping = false
  const timer = setInterval(() => {
    if (sweeping) return
    sweeping = true
    void Promise.resolve()
      .then(() => records.sweep())
      .catch(failed)
      .finally(() => (sweeping = false))
  }, milliseconds).unref()
  return () => clearInterval(timer)
}
