import { elementsOf } from '../../clients/client-metadata.ts'
import type { Confirmation, Exchange, PresentedToken } from './facts.ts'

/** Whether a token exchange holds one requirement: the predicates of requirements.ts. */

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

export const ofAccessTokens = ({ types, hasActor }: Exchange): boolean =>
  types.subject === ACCESS_TOKEN &&
  types.actor === (hasActor ? ACCESS_TOKEN : undefined) &&
  (types.requested === undefined || types.requested === ACCESS_TOKEN)

export const goodTokens = ({ subject, actor, hasActor }: Exchange): boolean =>
  subject !== undefined && (actor !== undefined || !hasActor)

export const mayExchange = ({ subject, caller, proven }: Exchange): boolean =>
  subject !== undefined &&
  (holds(proven, subject) || isAudience(caller, subject) || isNamed(caller, subject))

export const ownActor = ({ actor, hasActor, caller, proven }: Exchange): boolean =>
  !hasActor || (actor !== undefined && actor.clientId === caller.clientId && holds(proven, actor))

export const permittedTarget = ({ target, subject, caller }: Exchange): boolean =>
  target !== undefined &&
  (target === subject?.aud || elementsOf(caller['exchange_resources']).includes(target))

export const downScoped = ({ scopes, details, scopesOfTarget, subject }: Exchange): boolean =>
  (scopes.length > 0 || details.length > 0) &&
  scopes.every((scope) => subject?.scopes.has(scope) && scopesOfTarget.includes(scope))

/** Whether possession of every key that constrains the token has been proved. Without `cnf`: no. */
function holds(proven: Confirmation, token: PresentedToken): boolean {
  const methods = (['jkt', 'x5t#S256'] as const).filter((method) => token[method] !== undefined)
  return methods.length > 0 && methods.every((method) => proven[method] === token[method])
}

type Caller = Exchange['caller']

/** The resource server that the token is for: the one that may introspect it. */
const isAudience = (caller: Caller, { aud }: PresentedToken): boolean =>
  aud !== undefined && elementsOf(caller['introspection_audiences']).includes(aud)

const isNamed = ({ clientId }: Caller, { extra }: PresentedToken): boolean => {
  const { sub }: { sub?: unknown } = Object(extra['may_act'])
  return sub === clientId
}
