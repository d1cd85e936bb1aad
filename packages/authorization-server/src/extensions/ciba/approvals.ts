import { hash } from 'node:crypto'
import type { Records } from '@holdfast/store'
import { errors } from 'oidc-provider'
import type { BackchannelAuthenticationRequest, Provider } from 'oidc-provider'
import { PASSWORD } from '../step-up/authentication.ts'
import { nameOf } from '../../clients/client-metadata.ts'
import { ofEndUser } from '../../records/of-end-user.ts'
import { isWaiting } from './backchannel-request.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import { decideOnce } from '../../records/decide-once.ts'
import { approvals } from '../../vocabulary/endpoints.ts'
import type { Waiting } from './page.ts'
import { grantWhat, Resources } from '../../resources.ts'
import { seconds } from '../../vocabulary/time.ts'

export type Decision = 'allow' | 'deny'

/** Whose request was decided about, and what came of it; no grant where it was denied. */
export interface Decided {
  readonly client: string
  readonly subject: string
  readonly grant: string | undefined
}

/** What end-users decide about backchannel authentication requests (CIBA). */
export class Approvals {
  readonly #provider: Provider
  readonly #records: Records
  readonly #resources: Resources
  readonly #warn: (sentence: string) => void

  constructor(
    provider: Provider,
    { records, configuration }: { records: Records; configuration: Configuration },
    warn: (sentence: string) => void,
  ) {
    this.#provider = provider
    this.#records = records
    this.#resources = new Resources(configuration)
    this.#warn = warn
  }

  /** Those that wait for this end-user, the oldest first. */
  async waitingFor(sub: string): Promise<readonly Waiting[]> {
    const requests = await this.#requestsOf(sub)
    const shown = requests.map(async (request) => {
      const client = await this.#clientOf(request)
      return {
        path: pathOf(request.jti),
        client: nameOf(client),
        bindingMessage: String(request.params?.['binding_message']),
        request: this.#resources.requested(asked(request), client),
      }
    })
    return Promise.all(shown)
  }

  /** @throws errors.InvalidRequest where nothing of this end-user waits under this path */
  async decideAt(path: string, sub: string, decision: Decision): Promise<Decided> {
    const found = (await this.#requestsOf(sub)).find(({ jti }) => pathOf(jti) === path)
    if (!found) throw new errors.InvalidRequest('this request is not waiting for you')
    return this.#decide(found, decision)
  }

  /** @throws errors.InvalidRequest where there is no such request or it was decided */
  async decide(authReqId: string, decision: Decision): Promise<Decided> {
    const found = await this.#provider.BackchannelAuthenticationRequest.find(authReqId)
    if (!found || !isWaiting(found)) throw new errors.InvalidRequest('no such request is waiting')
    return this.#decide(found, decision)
  }

  async #requestsOf(sub: string): Promise<readonly BackchannelAuthenticationRequest[]> {
    const { BackchannelAuthenticationRequest: Model } = this.#provider
    const found = await ofEndUser<BackchannelAuthenticationRequest>(this.#records, Model, sub)
    return found.filter(isWaiting).sort((one, other) => one.iat - other.iat)
  }

  async #clientOf({ clientId = '' }: BackchannelAuthenticationRequest) {
    const client = await this.#provider.Client.find(clientId)
    if (!client) throw new errors.InvalidRequest('the client is gone')
    return client
  }

  async #decide(request: BackchannelAuthenticationRequest, decision: Decision): Promise<Decided> {
    const { clientId: client = '', accountId: subject = '' } = request
    await decideOnce(this.#records, request.jti, request.remainingTTL)
    const grant = decision === 'allow' ? await this.#grant(request) : undefined
    const result = grant ?? new errors.AccessDenied('the end-user refused')
    try {
      const how = { acr: PASSWORD, amr: ['pwd'], authTime: seconds() }
      await this.#provider.backchannelResult(request, result, how)
    } catch (cause) {
      // The decision is saved before the client is told. One that is not reached may still poll.
      const saved = await this.#provider.BackchannelAuthenticationRequest.find(request.jti)
      if (!saved || isWaiting(saved)) throw cause
      this.#warn(`client ${client} could not be notified: ${String(cause)}`)
    }
    return { client, subject, grant }
  }

  /** Exactly what the page showed. */
  async #grant(request: BackchannelAuthenticationRequest): Promise<string> {
    const { accountId = '' } = request
    const client = await this.#clientOf(request)
    const grant = new this.#provider.Grant({ accountId, clientId: client.clientId })
    grantWhat(this.#resources.requested(asked(request), client), grant)
    return grant.save()
  }
}

const pathOf = (authReqId: string): string =>
  `${approvals}/${hash('sha256', authReqId).slice(0, 32)}`

/** With the resource that is the default where the client named none. */
const asked = ({ scope, resource }: BackchannelAuthenticationRequest) => ({ scope, resource })
