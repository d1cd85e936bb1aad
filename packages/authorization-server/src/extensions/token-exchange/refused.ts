import type { ClauseId } from '@holdfast/sender-constraint'
import { errors } from 'oidc-provider'
import type { Requirement } from '../../profiles/requirement.ts'

/** RFC8693-2.2.2: what is wrong with the tokens is `invalid_request`, whatever it is. */
export class ExchangeRefused extends errors.OIDCProviderError {
  readonly clause: ClauseId

  constructor({ clause, sentence, exchange }: Requirement) {
    super(400, exchange?.error ?? 'invalid_request')
    this.error_description = sentence
    this.clause = clause
  }
}
