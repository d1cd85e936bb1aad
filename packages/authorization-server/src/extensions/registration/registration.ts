import { randomUUID } from 'node:crypto'
import { Router } from '@koa/router'
import type { Records } from '@holdfast/store'
import type { Context } from 'koa'
import { errors } from 'oidc-provider'
import type { Provider } from 'oidc-provider'
import { ClientMetadataError, type Metadata } from '../../clients/client-metadata.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import type { House } from '../../house.ts'
import { readJsonObject } from '../../http/body.ts'
import { note } from '../../operations/notes.ts'
import { once } from '../../records/once.ts'
import { removeClient } from '../../status-list/revocations.ts'
import { endpoints } from '../../vocabulary/endpoints.ts'
import { seconds } from '../../vocabulary/time.ts'
import { registeredMetadata } from './registered-metadata.ts'
import { keyOf, refused, type Registration, RegistrationAccess } from './registration-access.ts'
import { readSoftwareStatement } from './software-statement.ts'

/** Bytes: a software statement of its greatest length, and what is asked beside it. */
const LONGEST = 65_536
const path = `${endpoints.registration}/:client`

/** Dynamic client registration (RFC 7591) and its management (RFC 7592), by our own rules. */
export class Registrations {
  readonly #provider: Provider
  readonly #records: Records
  readonly #configuration: Configuration
  readonly #access: RegistrationAccess

  constructor(provider: Provider, { records, configuration }: House) {
    this.#provider = provider
    this.#records = records
    this.#configuration = configuration
    this.#access = new RegistrationAccess(records)
  }

  routes() {
    const router = new Router()
    router.post(endpoints.registration, (ctx) => this.#register(ctx))
    router.get(path, async (ctx) => {
      const { registration, token } = await this.#access.managed(ctx)
      const client = await this.#records.find('Client', registration.client)
      this.#answer(ctx, registration, { metadata: client?.payload ?? {}, token })
    })
    router.put(path, (ctx) => this.#update(ctx))
    router.delete(path, async (ctx) => {
      const { registration, use } = await this.#access.managed(ctx)
      await use()
      await removeClient(this.#records, registration.client)
      ctx.status = 204
    })
    return router.routes()
  }

  async #register(ctx: Context): Promise<void> {
    const body = await readJsonObject(ctx, LONGEST)
    const { software_statement: statement, client_id: _, ...asked } = body // the id is ours to give
    const read = readSoftwareStatement(statement, this.#configuration)
    const client = randomUUID()
    note(ctx, { client })
    const jkt = keyOf(ctx)
    const metadata = await this.#checked(client, { asked, stated: read.metadata })
    const id = JSON.stringify([read.issuer, read.jti])
    const expiresAt = read.exp * 1_000
    if (!(await once(this.#records, { kind: 'SoftwareStatement', id, expiresAt })))
      throw new errors.InvalidSoftwareStatement('it was used before')
    const registration: Registration = {
      client,
      issuedAt: seconds(),
      statement: String(statement),
      stated: read.metadata,
      jkt,
    }
    await this.#records.upsert({ kind: 'Client', id: client, payload: metadata })
    await this.#access.keep(registration)
    this.#answer(ctx, registration, { metadata, token: await this.#access.newToken(client) })
    ctx.status = 201
  }

  async #update(ctx: Context): Promise<void> {
    const { registration, use } = await this.#access.managed(ctx)
    const { client, stated, statement: known } = registration
    const {
      client_id: named,
      software_statement: statement = known,
      ...asked
    } = await readJsonObject(ctx, LONGEST)
    if (named !== client) throw new errors.InvalidRequest('client_id is that of the client')
    if (statement !== known)
      throw new errors.InvalidSoftwareStatement('it is not the one that registered this client')
    for (const member of OF_THE_ANSWER)
      if (asked[member] !== undefined)
        throw new errors.InvalidRequest(`${member} is not for a client to say`) // RFC7592-2.2
    const metadata = await this.#checked(client, { asked, stated })
    await use()
    await this.#records.upsert({ kind: 'Client', id: client, payload: metadata })
    if (!(await this.#access.has(client))) {
      // The operator has removed it meanwhile, and this has brought it back.
      await removeClient(this.#records, client)
      throw refused(ctx)
    }
    this.#answer(ctx, registration, { metadata, token: await this.#access.newToken(client) })
  }

  async #checked(
    client: string,
    said: { readonly asked: Metadata; readonly stated: Metadata },
  ): Promise<Metadata> {
    try {
      const metadata = registeredMetadata(client, said)
      // What only the library knows of, and whether this server can serve such a client.
      await this.#provider.Client.validate({ ...metadata, client_id: client })
      return metadata
    } catch (error) {
      if (!(error instanceof ClientMetadataError)) throw error
      const { clause, sentence } = error
      const wrong = new errors.InvalidClientMetadata(sentence)
      throw clause === undefined ? wrong : Object.assign(wrong, { clause })
    }
  }

  #answer(
    ctx: Context,
    { client, issuedAt, statement, stated }: Registration,
    { metadata, token }: { readonly metadata: Metadata; readonly token: string },
  ): void {
    const { resource_scopes: _, scope: __, ...shown } = metadata
    const { scope, software_id, software_version } = stated
    ctx.body = {
      ...shown,
      scope, // both are kept apart, and said by the statement
      software_id,
      software_version,
      client_id: client,
      client_id_issued_at: issuedAt,
      software_statement: statement,
      registration_client_uri: `${this.#configuration.issuer}${endpoints.registration}/${client}`,
      registration_access_token: token,
    }
  }
}

const OF_THE_ANSWER = [
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
]
