/** The events of a trace, put together again as exchanges. */
import type { DecisionEvent, RequestEvent, ResponseEvent, TraceEvent } from '@holdfast/trace'
import type { Addresses } from '../addresses.ts'

export interface Exchange {
  readonly request: RequestEvent
  readonly response?: ResponseEvent
  readonly decision?: DecisionEvent
}

export function exchangesOf(events: readonly TraceEvent[]): readonly Exchange[] {
  const requests = events.filter((event) => event.type === 'request')
  return requests.map((request) => exchangeOf(request, events))
}

function exchangeOf(request: RequestEvent, events: readonly TraceEvent[]): Exchange {
  const same = events.filter(({ span }) => span === request.span)
  const response = same.find((event) => event.type === 'response')
  const decision = same.find((event) => event.type === 'decision')
  return { request, ...(response && { response }), ...(decision && { decision }) }
}

/** Who stands at the other end of a URL. */
export function receiverOf({ request }: Exchange, addresses: Addresses): string {
  const { origin } = new URL(request.url)
  if (origin === addresses.issuer) return 'authorization server'
  if (origin === addresses.mtlsAlias) return 'authorization server (mTLS alias)'
  if (origin === addresses.resource) return 'resource server'
  if (request.by === 'authorization-server') return 'client' // whom it notifies
  return origin
}

export const senderOf = ({ request }: Exchange): string => request.by.replaceAll('-', ' ')

export const valueOf = (
  fields: readonly (readonly [string, string])[],
  name: string,
): string | undefined => fields.find(([field]) => field.toLowerCase() === name)?.[1]
