import { GRACE, type NewRecord, type Records, type StoredRecord } from '../records.ts'

type Row = NewRecord & { consumedAt?: number }

/** Records of one process, for tests and private labs. Payloads are copied on the way in and out. */
export class RecordsInProcess implements Records {
  readonly #rows = new Map<string, Row>()
  readonly #counters = new Map<string, number>()
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  async upsert(record: NewRecord): Promise<void> {
    this.#rows.set(address(record.kind, record.id), structuredClone(record))
  }

  async add(record: NewRecord): Promise<boolean> {
    if (this.#live(record.kind, record.id)) return false
    this.#rows.set(address(record.kind, record.id), structuredClone(record))
    return true
  }

  async find(kind: string, id: string): Promise<StoredRecord | undefined> {
    return handOut(this.#live(kind, id))
  }

  async findByIndex(kind: string, index: string): Promise<StoredRecord | undefined> {
    for (const row of this.#rows.values())
      if (row.kind === kind && row.index === index) return this.find(kind, row.id)
    return undefined
  }

  async list(kind: string): Promise<StoredRecord[]> {
    return [...this.#rows.values()]
      .filter((row) => row.kind === kind)
      .map((row) => handOut(this.#live(kind, row.id)))
      .filter((row) => row !== undefined)
  }

  async consume(kind: string, id: string): Promise<boolean> {
    const row = this.#live(kind, id)
    if (!row || row.consumedAt !== undefined) return false
    row.consumedAt = this.#now()
    return true
  }

  async remove(kind: string, id: string): Promise<void> {
    this.#rows.delete(address(kind, id))
  }

  async listGrant(grant: string): Promise<StoredRecord[]> {
    return [...this.#rows.values()]
      .filter((row) => row.grant === grant)
      .map(({ kind, id }) => handOut(this.#live(kind, id)))
      .filter((row) => row !== undefined)
  }

  async revokeGrant(grant: string): Promise<void> {
    for (const [key, row] of this.#rows) if (row.grant === grant) this.#rows.delete(key)
  }

  async increment(counter: string): Promise<number> {
    const value = (this.#counters.get(counter) ?? 0) + 1
    this.#counters.set(counter, value)
    return value
  }

  /** Removes what has expired. @returns how many went */
  sweep(): number {
    const before = this.#rows.size
    for (const { kind, id } of this.#rows.values()) this.#live(kind, id)
    return before - this.#rows.size
  }

  async close(): Promise<void> {}

  #live(kind: string, id: string): Row | undefined {
    const key = address(kind, id)
    const row = this.#rows.get(key)
    if (row?.expiresAt === undefined || row.expiresAt + GRACE > this.#now()) return row
    this.#rows.delete(key)
    return undefined
  }
}

const address = (kind: string, id: string): string => `${kind}\n${id}`

function handOut(row: Row | undefined): StoredRecord | undefined {
  if (!row) return undefined
  const { kind, id, payload, consumedAt } = row
  return structuredClone({ kind, id, payload, ...(consumedAt !== undefined && { consumedAt }) })
}
