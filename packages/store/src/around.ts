import type { Records } from './records.ts'

/** Does what it is given, before or after which it does something of its own. */
export type Around = <T>(call: () => Promise<T>, operation: keyof Records) => Promise<T>

/** The same records, with every call but `close` made by `around`. */
export const aroundRecords = (records: Records, around: Around): Records => ({
  upsert: (record) => around(() => records.upsert(record), 'upsert'),
  add: (record) => around(() => records.add(record), 'add'),
  find: (kind, id) => around(() => records.find(kind, id), 'find'),
  findByIndex: (kind, index) => around(() => records.findByIndex(kind, index), 'findByIndex'),
  list: (kind) => around(() => records.list(kind), 'list'),
  consume: (kind, id) => around(() => records.consume(kind, id), 'consume'),
  remove: (kind, id) => around(() => records.remove(kind, id), 'remove'),
  listGrant: (grant) => around(() => records.listGrant(grant), 'listGrant'),
  revokeGrant: (grant) => around(() => records.revokeGrant(grant), 'revokeGrant'),
  increment: (counter) => around(() => records.increment(counter), 'increment'),
  close: () => records.close(),
})
