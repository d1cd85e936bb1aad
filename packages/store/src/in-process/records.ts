import { GRACE, type NewRecord, type Records, type StoredRecord } from '../records.ts'

interface Row extends Omit<NewRecord, 'payload'> {
  /** JSON, so that what is handed out is a copy, and the same as of any other engine. */
  readonly payload: string
  consumedAt?: number
}

/** Records of one process, for tests and private labs. */
export class RecordsInProcess implements Records {
  readonly #rows = new Map<string, Row>()
  readonly #byIndex = new Map<string, Row>()
  readonly #byGrant = new Map<string, Set<Row>>()
  readonly #counters = new Map<string, number>()
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  async upsert(record: NewRecord): Promise<void> {
    this.#write(record)
  }

  async add(record: NewRecord): Promise<boolean> {
    if (this.#live(record.kind, record.id)) return false
    this.#write(record)
    return true
  }

  async find(kind: string, id: string): Promise<StoredRecord | undefined> {
    return handOut(this.#live(kind, id))
  }

  async findByIndex(kind: string, index: string): Promise<StoredRecord | undefined> {
    const row = this.#byIndex.get(address(kind, index))
    return row && this.find(kind, row.id)
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
    this.#drop(this.#rows.get(address(kind, id)))
  }

  async listGrant(grant: string): Promise<StoredRecord[]> {
    return [...(this.#byGrant.get(grant) ?? [])]
      .map(({ kind, id }) => handOut(this.#live(kind, id)))
      .filter((row) => row !== undefined)
  }

  async revokeGrant(grant: string): Promise<void> {
    for (const row of this.#byGrant.get(grant) ?? []) this.#drop(row)
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

  #write({ payload, ...rest }: NewRecord): void {
    const key = address(rest.kind, rest.id)
    this.#drop(this.#rows.get(key))
    const row: Row = { ...rest, payload: JSON.stringify(payload) }
    this.#rows.set(key, row)
    if (row.index !== undefined) this.#byIndex.set(address(row.kind, row.index), row)
    if (row.grant === undefined) return
    const ofGrant = this.#byGrant.get(row.grant)
    if (ofGrant) ofGrant.add(row)
    else this.#byGrant.set(row.grant, new Set([row]))
  }

  #drop(row: Row | undefined): void {
    if (!row) return
    const { kind, id, index, grant } = row
    this.#rows.delete(address(kind, id))
    if (index !== undefined && this.#byIndex.get(address(kind, index)) === row)
      this.#byIndex.delete(address(kind, index))
    if (grant === undefined) return
    const ofGrant = this.#byGrant.get(grant)
    ofGrant?.delete(row)
    if (ofGrant?.size === 0) this.#byGrant.delete(grant)
  }

  #live(kind: string, id: string): Row | undefined {
    const row = this.#rows.get(address(kind, id))
    if (row?.expiresAt === undefined || row.expiresAt + GRACE > this.#now()) return row
    this.#drop(row)
    return undefined
  }
}

const address = (kind: string, id: string): string => `${kind}\n${id}`

function handOut(row: Row | undefined): StoredRecord | undefined {
  if (!row) return undefined
  const { kind, id, payload, consumedAt } = row
  return { kind, id, payload: JSON.parse(payload), ...(consumedAt !== undefined && { consumedAt }) }
}
