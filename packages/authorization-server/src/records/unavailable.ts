import { aroundRecords } from '@holdfast/store'
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

/** As many tokens live as can be told apart in the status lists. */
export class StatusListsFull extends errors.OIDCProviderError {
  constructor() {
    super(503, 'temporarily_unavailable')
    this.error_description = 'the status lists are full'
    this.expose = true
  }
}

/** The same records; what they throw becomes an answer. */
export const answering = (records: Records): Records =>
  aroundRecords(records, async (call) => {
    try {
      return await call()
    } catch (cause) {
      throw new StoreUnavailable(cause)
    }
  })
