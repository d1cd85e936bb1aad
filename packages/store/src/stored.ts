import { type Payload, StoreError, type StoredRecord } from './records.ts'

/** What an engine has of a record; `consumedAt` is null where it was not consumed. */
export interface Row {
  readonly kind: string
  readonly id: string
  readonly payload: unknown
  readonly consumedAt: unknown
}

/** @throws StoreError for one that is damaged; it tells nothing of what is in it, nor its name */
export const storedRecord = ({ kind, id, payload, consumedAt }: Row): StoredRecord => ({
  kind,
  id,
  payload: payloadOf(payload, kind),
  ...(typeof consumedAt !== 'object' && { consumedAt: Number(consumedAt) }),
})

function payloadOf(text: unknown, kind: string): Payload {
  try {
    return JSON.parse(String(text))
  } catch {
    throw new StoreError(`a record of kind ${kind} is damaged`)
  }
}
