import { elementsOf, type Metadata } from '../../clients/client-metadata.ts'
import { claimsBeside } from './claims.ts'
import {
  downScoped,
  goodTokens,
  mayExchange,
  ofAccessTokens,
  ownActor,
  permittedTarget,
} from './rules.ts'
import type { Requirement } from '../../profiles/requirement.ts'

export const EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'

export const GOOD_TOKENS = {
  clause: 'RFC8693-2.2.2',
  sentence: 'the tokens presented are ours, live and not revoked',
  exchange: { holds: goodTokens },
} as const satisfies Requirement

/** Token exchange (RFC 8693), of access tokens for access tokens: impersonation and delegation. */
export const TOKEN_EXCHANGE = [
  {
    clause: 'RFC8693-2.1',
    sentence: 'subject_token, actor_token and what is requested are access tokens, and say so',
    exchange: { holds: ofAccessTokens },
  },
  GOOD_TOKENS,
  {
    clause: 'RFC8693-4.4',
    sentence:
      'a token is exchanged by who proves its key in the same request, is its audience, or is named by its may_act',
    exchange: { holds: mayExchange },
    asks: namedActor,
    tokenClaims: claimsBeside,
  },
  {
    clause: 'RFC8693-4.1', // `act` keeps whoever acted before: see claims.ts
    sentence:
      'an actor token is the caller’s own, and the caller proves its key in the same request',
    exchange: { holds: ownActor },
  },
  {
    clause: 'RFC8693-2.1.1',
    sentence:
      'the new token is for the resource of the old, or for one that the client is registered to exchange for',
    exchange: { holds: permittedTarget, error: 'invalid_target' },
  },
  {
    clause: 'RFC6749-3.3',
    sentence: 'the new token has some of the scope of the old, and no other',
    exchange: { holds: downScoped, error: 'invalid_scope' },
  },
  {
    clause: 'RFC8693-2.2.1',
    sentence:
      'the new token is constrained to the caller, lives no longer than the old and ends with it; no refresh token comes with it',
  },
] as const satisfies readonly Requirement[]

/** RFC8693-4.4: who may act for the subjects of this client's tokens, by its client_id. */
function namedActor({ may_act, exchange_resources: resources }: Metadata): boolean {
  const { sub, ...more }: { sub?: unknown } = Object(may_act)
  return (
    (may_act === undefined || (typeof sub === 'string' && Object.keys(more).length === 0)) &&
    (resources === undefined || elementsOf(resources).length > 0)
  )
}
