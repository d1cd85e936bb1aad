import { ReplayMemoryInProcess } from '@holdfast/store'

/** A memory that has been complete for an hour, so that nobody is asked for a nonce. */
export function settledMemory(limits?: ConstructorParameters<typeof ReplayMemoryInProcess>[1]) {
  let time = Date.now() - 3_600_000
  const memory = new ReplayMemoryInProcess(() => time, limits)
  time = Date.now()
  return memory
}

/** The same, but that its clock steps back by an hour whenever it is to record: then it has lost all. */
export function lostMeanwhile(): ReplayMemoryInProcess {
  let time = Date.now() - 7_200_000
  const memory = new ReplayMemoryInProcess(() => time)
  time = Date.now()
  const put = memory.put.bind(memory)
  memory.put = (use) => {
    time -= 3_600_000
    return put(use)
  }
  return memory
}
