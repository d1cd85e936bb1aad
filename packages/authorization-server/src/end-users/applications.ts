import type { Records } from '@holdfast/store'
import { errors } from 'oidc-provider'
import type { Grant, Provider } from 'oidc-provider'
import { asDetail } from '../extensions/rich-authorization/authorization-details.ts'
import { nameOf } from '../clients/client-metadata.ts'
import type { Application } from '../pages/applications.ts'
import { scopeList } from '../vocabulary/scopes.ts'
import { ofEndUser } from '../records/of-end-user.ts'
import { endGrant } from '../status-list/revocations.ts'

/** What an end-user has granted, by application: they see it, and withdraw it (RFC6819-5.2.2.4). */
export class Applications {
  readonly #provider: Provider
  readonly #records: Records

  constructor(provider: Provider, records: Records) {
    this.#provider = provider
    this.#records = records
  }

  /** Those that have access, the newest first. */
  async of(sub: string): Promise<readonly Application[]> {
    const byClient = Map.groupBy(await this.#grantsOf(sub), ({ clientId = '' }) => clientId)
    const shown = [...byClient].map(async ([id, grants]): Promise<Application> => {
      const client = await this.#provider.Client.find(id)
      return {
        id,
        client: client ? nameOf(client) : id,
        since: Math.min(...grants.map(({ iat }) => iat)),
        request: together(grants),
      }
    })
    return (await Promise.all(shown)).sort((one, other) => other.since - one.since)
  }

  /**
   * Ends every grant of this end-user to this client, every token with them.
   *
   * @throws errors.InvalidRequest where there is none
   */
  async withdraw(sub: string, client: string): Promise<void> {
    const grants = (await this.#grantsOf(sub)).filter(({ clientId }) => clientId === client)
    if (grants.length === 0) throw new errors.InvalidRequest('this application has no access')
    for (const { jti } of grants) await endGrant(this.#records, jti)
  }

  #grantsOf(sub: string): Promise<readonly Grant[]> {
    return ofEndUser<Grant>(this.#records, this.#provider.Grant, sub)
  }
}

/** One application may hold several grants: one for each login at which it was allowed something. */
function together(grants: readonly Grant[]): Application['request'] {
  const scopes = new Map<string, ReadonlySet<string>>()
  for (const { resources = {} } of grants)
    for (const [indicator, scope] of Object.entries(resources))
      scopes.set(indicator, new Set([...(scopes.get(indicator) ?? []), ...scopeList(scope)]))
  return {
    oidc: [...new Set(grants.flatMap((grant) => scopeList(grant.getOIDCScope())))],
    resources: [...scopes].map(([indicator, names]) => ({ indicator, scopes: [...names] })),
    details: grants.flatMap(({ rar = [] }) => rar.map(asDetail)),
  }
}
