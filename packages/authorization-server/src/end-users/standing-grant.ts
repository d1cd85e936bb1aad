import type { Grant, KoaContextWithOIDC } from 'oidc-provider'
import type { Configuration } from '../configuration/configuration.ts'

/** Seconds: the longest life of what is issued on a grant. */
const longest = ({ lifetimes, resources }: Configuration): number =>
  Math.max(lifetimes.refreshToken, lifetimes.accessToken, ...resources.map(({ ttl }) => ttl))

/**
 * Seconds that a grant stands. An end-user who comes again with the same session is not asked again,
 * and tokens on an older grant shall not end before their time (RFC6749-5.1).
 */
export const lifeOfGrant = (configuration: Configuration): number =>
  configuration.lifetimes.session + longest(configuration)

/** The library's hook: the grant of this session and client, as long as it outlives what it is asked for. */
export const standingGrant =
  (configuration: Configuration) =>
  async ({ oidc }: KoaContextWithOIDC): Promise<Grant | undefined> => {
    const { client, provider, result, session } = oidc
    const consented = result?.consent?.grantId
    const id = consented ?? session?.grantIdFor(client?.clientId ?? '')
    const grant = id === undefined ? undefined : await provider.Grant.find(id)
    const lasts = grant !== undefined && grant.remainingTTL >= longest(configuration)
    return lasts || consented !== undefined ? grant : undefined
  }
