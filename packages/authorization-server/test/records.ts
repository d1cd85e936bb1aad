import type { Records } from '@holdfast/store'

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
