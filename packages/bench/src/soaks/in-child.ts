import { once } from 'node:events'
import { end, message, startNode } from './processes.ts'
import type { Findings } from './soak.ts'

/** A module that exports `measure`. */
export interface Measuring {
  readonly measure: (rounds: number, say: (text: string) => void) => Promise<Findings>
}

/** Megabytes. Ten million records are in typed arrays, which this does not count. */
const HEAP = 4096

/**
 * Measures in a process of its own, with nothing else on its heap and with `gc()`. What it says goes
 * to our stderr. A process that ends without a result has broken its promise.
 */
export async function inChild(module: URL, rounds: number): Promise<Findings> {
  const flags = ['--expose-gc', `--max-old-space-size=${HEAP}`]
  const child = startNode(CHILD, { module: module.href, rounds }, flags)
  try {
    const findings = await message<Findings>(child)
    await once(child, 'exit')
    return findings
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { table: [], broken: [error.message] }
  } finally {
    await end(child)
  }
}

const CHILD = new URL('./child.ts', import.meta.url)
