import type { Reporter, TraceEvent } from './events.ts'

/**
 * Reports to a trace hub in another process. Events are sent in order; `flush` resolves when all
 * that was reported has arrived or failed. A hub that does not answer loses events, never requests.
 *
 * @param url of the hub's event intake
 * @param token the hub's token, from the lab's run file
 */
export function httpReporter(
  url: string,
  token: string,
): { report: Reporter; flush: () => Promise<void> } {
  let queue = Promise.resolve()
  const send = (event: TraceEvent) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(event),
      signal: AbortSignal.timeout(2_000),
    }).then(
      () => {},
      () => {},
    )
  return {
    report: (event) => {
      queue = queue.then(() => send(event))
    },
    flush: () => queue,
  }
}
