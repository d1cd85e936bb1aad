import { inUse } from './memory.ts'
import type { Say } from './soak.ts'

interface Sending {
  readonly sent: number
  readonly send: (count: number) => Promise<void>
}

/**
 * Sends all rounds. @returns bytes by which the heap has grown: what is compiled and cached in the
 * course of the first tenth is no growth
 */
export async function growthOf(soak: Sending, rounds: number, say: Say): Promise<number> {
  const tenth = Math.ceil(rounds / 10)
  await soak.send(tenth)
  const before = inUse()
  for (let done = 2; done <= 10; done += 1) {
    await soak.send(tenth)
    say(`${soak.sent.toLocaleString('en')} requests`)
  }
  return inUse() - before
}
