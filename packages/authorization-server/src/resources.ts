import { isDeepStrictEqual } from 'node:util'
import { errors } from 'oidc-provider'
import type { Client, Grant, KoaContextWithOIDC, ResourceServer } from 'oidc-provider'
import { isAlgorithm } from './vocabulary/algorithms.ts'
import { askedIn, type Detail } from './extensions/rich-authorization/authorization-details.ts'
import type { Configuration } from './configuration/configuration.ts'
import { OIDC_SCOPES, scopeList } from './vocabulary/scopes.ts'

/** Resource indicators (RFC 8707): who an access token is for, and what it looks like. */
export class Resources {
  readonly #resources: Configuration['resources']

  constructor({ resources }: Configuration) {
    this.#resources = resources
  }

  /** The first resource, unless the request asks for nothing but what userinfo gives. */
  defaultResource(ctx: KoaContextWithOIDC, granted?: readonly string[]): string | string[] {
    if (granted) return granted.length === 1 ? granted[0]! : [...granted]
    const asked = scopeList(ctx.oidc.params?.['scope'])
    const userinfoOnly =
      ctx.oidc.params?.['authorization_details'] === undefined &&
      asked.includes('openid') &&
      asked.every((scope) => OIDC_SCOPES.has(scope))
    return userinfoOnly ? [] : this.#resources[0].indicator
  }

  /** @throws errors.InvalidTarget for a resource that is not configured (RFC8707-2) */
  info(indicator: string, client: Client): ResourceServer {
    const resource = this.#resources.find((candidate) => candidate.indicator === indicator)
    if (!resource) throw new errors.InvalidTarget()
    const alg = client['access_token_signing_alg'] ?? resource.alg
    return {
      audience: resource.indicator,
      scope: this.scopes(indicator, client).join(' '),
      accessTokenFormat: resource.format,
      accessTokenTTL: resource.ttl,
      jwt: { sign: { alg: isAlgorithm(alg) ? alg : resource.alg } },
    }
  }

  /** FAPI2SP-5.3.2.1-14: no more than this client is registered for. */
  scopes(indicator: string, client: Client): string[] {
    const registered = client['resource_scopes']
    const { scopes } = this.#resources.find((candidate) => candidate.indicator === indicator) ?? {
      scopes: [],
    }
    return scopes.filter((scope) => !Array.isArray(registered) || registered.includes(scope))
  }

  /** What a request asks for and this client may have, as pages show it. */
  requested(params: { readonly [name: string]: unknown }, client: Client): Requested {
    const asked = scopeList(params['scope'])
    const indicators = [params['resource'] ?? []].flat().map(String)
    return {
      oidc: asked.filter((scope) => OIDC_SCOPES.has(scope)),
      resources: indicators
        .map((indicator) => ({
          indicator,
          scopes: this.scopes(indicator, client).filter((name) => asked.includes(name)),
        }))
        .filter(({ scopes }) => scopes.length > 0),
      details: askedIn(params),
    }
  }
}

/** Scopes of OpenID Connect, scopes per resource, and authorization details. */
export interface Requested {
  readonly oidc: readonly string[]
  readonly resources: readonly { readonly indicator: string; readonly scopes: readonly string[] }[]
  readonly details: readonly Detail[]
}

export function grantWhat({ oidc, resources, details }: Requested, grant: Grant): void {
  if (oidc.length > 0) grant.addOIDCScope(oidc.join(' '))
  for (const { indicator, scopes } of resources) grant.addResourceScope(indicator, scopes.join(' '))
  // For the end-user to look up. What a token gets is what was asked for in its own request.
  for (const detail of details)
    if (!grant.rar?.some((known) => isDeepStrictEqual(known, detail))) grant.addRar(detail)
}
