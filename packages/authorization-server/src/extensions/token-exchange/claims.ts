import type { KoaContextWithOIDC } from 'oidc-provider'
import type { IssuedToken, Offered } from '../../profiles/requirement.ts'
import type { Exchange, PresentedToken } from './facts.ts'

interface Claims {
  [claim: string]: unknown
}

/** RFC8693-4.4: what a token was made with, and who may act with it, as its client is registered. */
export function claimsBeside(
  { oidc }: KoaContextWithOIDC,
  _offered: Offered,
  { extra = {} }: IssuedToken,
): Claims {
  const { may_act = oidc.client?.['may_act'] } = extra
  return { ...extra, ...(may_act !== undefined && { may_act }) }
}

/**
 * Of a token that is made of another: what was said about the subject, and who acts. RFC8693-4.1:
 * the present actor is outermost, and whoever acted before stays named, also where nobody is added.
 */
export function claimsOfExchange({ actor }: Exchange, subject: PresentedToken): Claims {
  const { may_act: _, act: before, ...kept } = subject.extra
  const act = actor ? { sub: actor.sub, ...(before !== undefined && { act: before }) } : before
  return { ...kept, ...(act !== undefined && { act }) }
}
