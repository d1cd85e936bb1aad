import type { Context, Next } from 'koa'
import { Provider } from 'oidc-provider'
import { applicationPages } from './end-users/application-pages.ts'
import { Applications } from './end-users/applications.ts'
import { approvalPages } from './extensions/ciba/approval-pages.ts'
import { Approvals } from './extensions/ciba/approvals.ts'
import { answersInOAuth } from './http/answers.ts'
import type { Observers } from './http/answers.ts'
import { crossOrigin } from './http/cross-origin.ts'
import { beforeDevicePages } from './extensions/device-authorization/device-pages.ts'
import { registerTokenExchange } from './extensions/token-exchange/token-exchange.ts'
import { isForPeople } from './vocabulary/endpoints.ts'
import { Interactions } from './end-users/interactions.ts'
import type { Listener } from './http/listeners.ts'
import { logoutAround } from './extensions/logout/logout.ts'
import { limitClientFailures, limitUserCodes } from './operations/limiting.ts'
import type { AuthenticationLimits } from './operations/limits.ts'
import { PageSession } from './end-users/page-session.ts'
import { completePollAnswers, keepPollInterval } from './extensions/poll-interval.ts'
import { offersCiba, termsOf } from './profiles/profiles.ts'
import { providerConfiguration } from './profiles/provider-configuration.ts'
import type { House } from './house.ts'
import { expectAudiences, rememberAssertions } from './clients/assertion.ts'
import { Registrations } from './extensions/registration/registration.ts'
import { enforcing } from './sender-constraint/enforcing.ts'
import { ownNonces, ownProofs } from './sender-constraint/library.ts'
import { signedIntrospection } from './extensions/message-signing/signed-introspection.ts'
import { jwtsByRecord } from './status-list/presented.ts'
import { statusLists } from './status-list/publishing.ts'

interface Around extends Omit<Observers, 'explain'> {
  readonly limits: AuthenticationLimits
  readonly warn: (sentence: string) => void
}

interface Service {
  readonly serve: Listener
  readonly approvals: Approvals
}

/**
 * The library for one set of keys, which it takes once and for all, and the middlewares around it.
 * New keys get a new one (see authorization-server.ts): what must outlive that belongs to the house.
 */
export function makeProvider(house: House, { limits, warn, ...observers }: Around): Service {
  const { configuration, records } = house
  const provider = new Provider(configuration.issuer, providerConfiguration(house))
  rememberAssertions(provider, records)
  expectAudiences(provider, configuration)
  ownNonces(provider)
  ownProofs(provider, termsOf)
  limitClientFailures(provider, limits)
  limitUserCodes(provider, limits)
  registerTokenExchange(provider, house)
  keepPollInterval(provider, records, configuration.pollInterval)
  const approvals = new Approvals(provider, house, warn)
  const session = new PageSession({ records, limits })

  // From the outside in; the library's own routes are innermost.
  provider
    .use(answersInOAuth(provider, { ...observers, explain: house.explain }))
    .use(crossOrigin(configuration.browserOrigins))
    .use(enforcing(provider, house))
    .use(statusLists(house))
    .use(jwtsByRecord(house))
    .use(signedIntrospection)
    .use(completePollAnswers(configuration))
    .use(forPeople(new Interactions(provider, { records, configuration, limits }).routes()))
    .use(forPeople(logoutAround(provider, { session, warn })))
    .use(forPeople(applicationPages(new Applications(provider, records), session)))
    .use(forPeople(beforeDevicePages(provider)))
  if (offersCiba(configuration)) provider.use(forPeople(approvalPages(approvals, session)))

  if (configuration.softwareStatementIssuers.length > 0)
    provider.use(new Registrations(provider, house).routes())

  const answer = provider.callback()
  return { serve: (request, response) => void answer(request, response), approvals }
}

/** No request of a program goes through the routes of pages. */
const forPeople =
  <C extends Context>(page: (ctx: C, next: Next) => unknown) =>
  (ctx: C, next: Next): unknown =>
    isForPeople(ctx.path) ? page(ctx, next) : next()
