import { type Limits, ReplayMemoryInProcess } from '@holdfast/store'

const HOUR = 3_600_000

/** A memory that began an hour ago, so that nobody is challenged for its youth. */
export function begun(limits?: Limits): ReplayMemoryInProcess {
  let clock = () => Date.now() - HOUR
  const memory = new ReplayMemoryInProcess(() => clock(), limits)
  clock = Date.now
  return memory
}

/** Bytes of the heap and of the arrays outside it, when everything that can be is freed. */
export function inUse(): number {
  for (let times = 0; times < 3; times += 1) globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
