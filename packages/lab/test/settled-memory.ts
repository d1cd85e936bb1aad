import { ReplayMemoryInProcess } from '@holdfast/store'

/** A memory that has been complete for an hour, so that nobody is asked for a nonce. */
export function settledMemory(limits?: ConstructorParameters<typeof ReplayMemoryInProcess>[1]) {
  let time = Date.now() - 3_600_000
  const memory = new ReplayMemoryInProcess(() => time, limits)
  time = Date.now()
  return memory
}
