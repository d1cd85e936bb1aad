import { aroundRecords } from '@holdfast/store'
import type { Records } from '@holdfast/store'
import { errors } from 'oidc-provider'

/**
 * What a decision depends on does not answer: nothing is known, so nothing is granted. The library
 * hides 5xx errors; this one tells the client to come back (RFC 6749 §4.1.2.1).
 */
export class Unavailable extends errors.OIDCProviderError {
  constructor(sentence: string, cause?: unknown) {
    super(503, 'temporarily_unavailable', { cause })
    this.error_description = sentence
    this.expose = true
  }
}

/** The same records; what they throw becomes an answer. */
export const answering = (records: Records): Records =>
  aroundRecords(records, async (call) => {
    try {
      return await call()
    } catch (cause) {
      throw new Unavailable('the authorization server cannot reach its store', cause)
    }
  })
