import { aroundRecords } from '@holdfast/store'
import type { Records, ReplayMemory } from '@holdfast/store'

/** The same records, as an object that a test can spread and edit. */
export const over = (records: Records): Records => ({
  upsert: (record) => records.upsert(record),
  add: (record) => records.add(record),
  find: (kind, id) => records.find(kind, id),
  findByIndex: (kind, index) => records.findByIndex(kind, index),
  list: (kind) => records.list(kind),
  consume: (kind, id) => records.consume(kind, id),
  remove: (kind, id) => records.remove(kind, id),
  listGrant: (grant) => records.listGrant(grant),
  revokeGrant: (grant) => records.revokeGrant(grant),
  increment: (counter) => records.increment(counter),
  close: () => records.close(),
})

/** Records whose process is killed at a write: it and what comes after it does not happen. */
export function killed(inner: Records, at: number): Records {
  let writes = 0
  const writing = new Set(['upsert', 'add', 'consume', 'remove', 'revokeGrant', 'increment'])
  return aroundRecords(inner, async (call, operation) => {
    if (writing.has(operation) && writes++ >= at) throw new Error('killed')
    return call()
  })
}

/** A store that takes its time, as one in another process would: races become visible. */
export function slow(records: Records): Records {
  const pause = () => new Promise((resolve) => setTimeout(resolve, 3))
  const inner = over(records)
  return {
    ...inner,
    find: async (...args) => pause().then(() => inner.find(...args)),
    add: async (record) => pause().then(() => inner.add(record)),
    consume: async (...args) => pause().then(() => inner.consume(...args)),
    upsert: async (record) => pause().then(() => inner.upsert(record)),
    listGrant: async (grant) => pause().then(() => inner.listGrant(grant)),
    revokeGrant: async (grant) => pause().then(() => inner.revokeGrant(grant)),
  }
}

/** Two lives of one memory: the second begins, and has forgotten, when it is told to. */
export function switching(first: ReplayMemory, second: ReplayMemory) {
  let present = first
  const memory: ReplayMemory = {
    get generation() {
      return present.generation
    },
    get since() {
      return present.since
    },
    put: (use) => present.put(use),
    look: () => present.look(),
    nonceGiven: (owner, until) => present.nonceGiven(owner, until),
  }
  return {
    memory,
    restart: () => {
      present = second
    },
  }
}
