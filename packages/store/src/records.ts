/**
 * Everything that must outlive a request and is not a used proof: clients, keys, codes, grants,
 * tokens, sessions, used client assertions. What is promised here is kept by every engine; the
 * contract test in `test/records.contract.ts` is the definition.
 */
export interface Records {
  /** Writes, replacing what was there and forgetting that it was consumed. */
  upsert(record: NewRecord): Promise<void>
  /** Writes only if nothing live is there. One of any number in parallel gets `true`. */
  add(record: NewRecord): Promise<boolean>
  find(kind: string, id: string): Promise<StoredRecord | undefined>
  findByIndex(kind: string, index: string): Promise<StoredRecord | undefined>
  list(kind: string): Promise<StoredRecord[]>
  /** Marks as used; the record stays readable. One of any number in parallel gets `true`. */
  consume(kind: string, id: string): Promise<boolean>
  remove(kind: string, id: string): Promise<void>
  /** Every record of every kind that was written under this grant. */
  listGrant(grant: string): Promise<StoredRecord[]>
  /** Removes every record of every kind that was written under this grant. */
  revokeGrant(grant: string): Promise<void>
  /** Adds one and returns the new value; the first answer is 1. */
  increment(counter: string): Promise<number>
  close(): Promise<void>
}

export interface NewRecord {
  readonly kind: string
  readonly id: string
  readonly payload: Payload
  /** Milliseconds since the epoch; absent: for good. Readable for `GRACE` more. */
  readonly expiresAt?: number
  readonly grant?: string
  /** A second name under which the record is found. */
  readonly index?: string
}

export interface StoredRecord {
  readonly kind: string
  readonly id: string
  readonly payload: Payload
  /** Milliseconds since the epoch. */
  readonly consumedAt?: number
}

export type Payload = { readonly [member: string]: unknown }

/**
 * Milliseconds for which an expired record can still be read. oidc-provider tolerates clock
 * differences of up to 15 s when it judges the expiry in the payload itself.
 */
export const GRACE = 15_000

/** The engine cannot be used: the file is unreadable, not a database, or of a newer schema. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
}
