import { Provider } from 'oidc-provider'
import { answersInOAuth, userinfoTokenInHeaderOnly } from './answers.ts'
import type { Observers } from './answers.ts'
import { Interactions } from './interactions.ts'
import type { Listener } from './listeners.ts'
import { limitClientFailures } from './operations/limits.ts'
import type { AuthenticationLimits } from './operations/limits.ts'
import { providerConfiguration } from './profiles.ts'
import type { House } from './profiles/requirement.ts'
import { rememberUses } from './replay.ts'
import { signedIntrospection } from './signed-introspection.ts'

interface Around extends Observers {
  readonly limits: AuthenticationLimits
}

/**
 * The library for one set of keys, which it takes once and for all, and the middlewares around it.
 * New keys get a new one (see authorization-server.ts): what must outlive that belongs to the house.
 */
export function makeProvider(house: House, { limits, ...observers }: Around): Listener {
  const { configuration, records } = house
  const provider = new Provider(configuration.issuer, providerConfiguration(house))
  rememberUses(provider, records)
  limitClientFailures(provider, limits)

  // From the outside in; the library's own routes are innermost.
  provider
    .use(answersInOAuth(provider, observers))
    .use(userinfoTokenInHeaderOnly)
    .use(signedIntrospection)
    .use(new Interactions(provider, { records, configuration, limits }).routes())

  const answer = provider.callback()
  return (request, response) => void answer(request, response)
}
