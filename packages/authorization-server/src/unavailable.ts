import type { Records } from '@holdfast/store'
import { errors } from 'oidc-provider'

/** The store did not answer: nothing is known, so nothing is granted. */
class StoreUnavailable extends errors.OIDCProviderError {
  constructor(cause: unknown) {
    super(503, 'temporarily_unavailable', { cause })
    this.error_description = 'the authorization server cannot reach its store'
    // The library hides 5xx errors; this one tells the client to come back (RFC 6749 §4.1.2.1).
    this.expose = true
  }
}

/** The same records; what they throw becomes an answer. */
export function answering(records: Records): Records {
  const orRefuse = async <T>(answer: () => Promise<T>): Promise<T> => {
    try {
      return await answer()
    } catch (cause) {
      throw new StoreUnavailable(cause)
    }
  }
  return {
    upsert: (record) => orRefuse(() => records.upsert(record)),
    add: (record) => orRefuse(() => records.add(record)),
    find: (kind, id) => orRefuse(() => records.find(kind, id)),
    findByIndex: (kind, index) => orRefuse(() => records.findByIndex(kind, index)),
    list: (kind) => orRefuse(() => records.list(kind)),
    consume: (kind, id) => orRefuse(() => records.consume(kind, id)),
    remove: (kind, id) => orRefuse(() => records.remove(kind, id)),
    revokeGrant: (grant) => orRefuse(() => records.revokeGrant(grant)),
    increment: (counter) => orRefuse(() => records.increment(counter)),
    close: () => records.close(),
  }
}
