/** What the entry points of `services/` have in common. No trace: the hub is the one-process lab's. */
import { type Closing, opening } from './closing.ts'
import { type LabConfiguration, readConfiguration } from '../configuration.ts'
import { tellTold } from '../errors.ts'

/**
 * Serves until the first SIGTERM or SIGINT, then lets the requests under way finish.
 *
 * @param open resolves once the service is open, to the addresses to tell
 */
export async function runService(
  open: (configuration: LabConfiguration, closing: Closing) => Promise<readonly string[]>,
): Promise<void> {
  // Before anything else: process 1 of a container ignores a signal that nobody listens for.
  const stopped = untilStopped()
  await told(() =>
    opening(async (closing) => {
      const addresses = await open(readConfiguration(), closing)
      process.stdout.write(`listening: ${addresses.join(' ')}\n`)
      await stopped
      process.stdout.write('stopping\n')
      await closing.close()
    }),
  )
}

/** Errors that `isTold` knows become one sentence and exit code 2; others are defects of ours. */
export async function told(run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (!tellTold(error)) throw error
    process.exitCode = 2
  }
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}
