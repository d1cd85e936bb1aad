/** Waits for what becomes of a module. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Suite } from './suite.ts'

/** Milliseconds in which a module ends after our client: it listens for five seconds of silence. */
const AFTER_CLIENT = 30_000

interface Watch {
  /** By `performance.now()`: then it is given up. */
  readonly until: number
  /** Milliseconds between two looks. */
  readonly every: number
  /** Done once, when the module waits for somebody. */
  readonly whenWaiting?: () => Promise<void>
}

/** @returns the module's result, or what became of it instead */
export async function outcome(
  suite: Suite,
  id: string,
  { until, every, whenWaiting }: Watch,
): Promise<string> {
  let [end, act] = [until, whenWaiting]
  for (;;) {
    const { status, result } = await suite.info(id)
    if (status === 'FINISHED' && result) return result
    if (status === 'INTERRUPTED') return status
    if (status === 'WAITING' && act) {
      await act()
      act = undefined
      end = Math.min(end, performance.now() + AFTER_CLIENT)
    } else {
      if (performance.now() > end) {
        const urls = await suite.waitingFor(id)
        return urls.length > 0 ? 'WAITS FOR A PERSON' : `STILL ${status}`
      }
      await pause(every)
    }
  }
}
