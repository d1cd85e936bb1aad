import { hash, randomBytes, randomUUID } from 'node:crypto'
import { Router } from '@koa/router'
import type { Records } from '@holdfast/store'
import type { Context } from 'koa'
import { errors } from 'oidc-provider'
import type { Provider } from 'oidc-provider'
import { getRawBody } from 'raw-body'
import { ClientMetadataError } from '../../clients/client-metadata.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import { endpoints } from '../../vocabulary/endpoints.ts'
import { note } from '../../operations/notes.ts'
import type { Metadata } from '../../clients/client-metadata.ts'
import type { House } from '../../house.ts'
import { registeredMetadata } from './registered-metadata.ts'
import { decidedOn } from '../../sender-constraint/decided.ts'
import { readSoftwareStatement } from './software-statement.ts'
import { removeClient } from '../../status-list/revocations.ts'
import { seconds } from '../../vocabulary/time.ts'

const TOKEN = 'RegistrationAccessToken'
const KIND = 'Registration'
const path = `${endpoints.registration}/:client`

interface Registration {
  readonly client: string
  /** Seconds since the epoch. */
  readonly issuedAt: number
  /** As it was sent, and what it says. */
  readonly statement: string
  readonly stated: Metadata
  /** Thumbprint of the key with which it was registered. */
  readonly jkt: string
}

/** Dynamic client registration (RFC 7591) and its management (RFC 7592), by our own rules. */
export class Registrations {
  readonly #provider: Provider
  readonly #records: Records
  readonly #configuration: Configuration
  readonly #explain: boolean

  constructor(provider: Provider, { records, configuration, explain }: House) {
    this.#provider = provider
    this.#records = records
    this.#configuration = configuration
    this.#explain = explain
  }

  routes() {
    const router = new Router()
    router.post(endpoints.registration, (ctx) => this.#register(ctx))
    router.get(path, async (ctx) => {
      const { registration, token } = await this.#managed(ctx)
      const client = await this.#records.find('Client', registration.client)
      this.#answer(ctx, registration, { metadata: client?.payload ?? {}, token })
    })
    router.put(path, (ctx) => this.#update(ctx))
    router.delete(path, async (ctx) => {
      const { registration, use } = await this.#managed(ctx)
      await use()
      await this.#records.remove(KIND, registration.client)
      await removeClient(this.#records, registration.client)
      ctx.status = 204
    })
    return router.routes()
  }

  async #register(ctx: Context): Promise<void> {
    const { software_statement: statement, ...asked } = await bodyOf(ctx)
    const read = readSoftwareStatement(statement, this.#configuration)
    const client = randomUUID()
    note(ctx, { client })
    const jkt = keyOf(ctx)
    const metadata = await this.#checked(ctx, client, { asked, stated: read.metadata })
    const first = await this.#records.add({
      kind: 'SoftwareStatement',
      id: hash('sha256', JSON.stringify([read.issuer, read.jti]), 'base64url'),
      payload: {},
      expiresAt: read.exp * 1_000,
    })
    if (!first) throw new errors.InvalidSoftwareStatement('it was used before')
    const registration: Registration = {
      client,
      issuedAt: seconds(),
      statement: String(statement),
      stated: read.metadata,
      jkt,
    }
    await this.#records.upsert({ kind: 'Client', id: client, payload: metadata })
    await this.#records.upsert({ kind: KIND, id: client, payload: { ...registration } })
    this.#answer(ctx, registration, { metadata, token: await this.#newToken(client) })
    ctx.status = 201
  }

  async #update(ctx: Context): Promise<void> {
    const { registration, use } = await this.#managed(ctx)
    const { client, stated, statement: known } = registration
    const { client_id: named, software_statement: statement = known, ...asked } = await bodyOf(ctx)
    if (named !== client) throw new errors.InvalidRequest('client_id is that of the client')
    if (statement !== known)
      throw new errors.InvalidSoftwareStatement('it is not the one that registered this client')
    for (const member of OF_THE_ANSWER)
      if (asked[member] !== undefined)
        throw new errors.InvalidRequest(`${member} is not for a client to say`) // RFC7592-2.2
    const metadata = await this.#checked(ctx, client, { asked, stated })
    await use()
    await this.#records.upsert({ kind: 'Client', id: client, payload: metadata })
    this.#answer(ctx, registration, { metadata, token: await this.#newToken(client) })
  }

  async #checked(
    ctx: Context,
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
      note(ctx, clause === undefined ? {} : { clause })
      // By the first word of the sentence the library tells invalid_redirect_uri.
      const wrong = new errors.InvalidClientMetadata(sentence)
      if (this.#explain && clause !== undefined) wrong.error_description = `${clause}: ${sentence}`
      throw wrong
    }
  }

  /**
   * @returns what the token is for, and `use`, which spends it: of any number in parallel one does
   * @throws errors.InvalidToken
   */
  async #managed(ctx: Context) {
    const [, scheme = '', token = ''] = /^(\w+) (\S+)$/.exec(ctx.get('authorization')) ?? []
    const id = idOf(token)
    const found = scheme.toLowerCase() === 'dpop' ? await this.#records.find(TOKEN, id) : undefined
    const client = found?.payload['client']
    if (found?.consumedAt !== undefined || client !== ctx['params'].client) throw refused(ctx)
    const record = await this.#records.find(KIND, String(client))
    const registration = record && asRegistration(record.payload)
    if (!registration || registration.jkt !== keyOf(ctx)) throw refused(ctx)
    note(ctx, { client: registration.client })
    const use = async () => {
      if (!(await this.#records.consume(TOKEN, id))) throw refused(ctx)
    }
    return { registration, token, use }
  }

  async #newToken(client: string): Promise<string> {
    const token = randomBytes(32).toString('base64url')
    await this.#records.add({ kind: TOKEN, id: idOf(token), payload: { client } })
    return token
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

/** The store holds no token that would be good for anything. */
const idOf = (token: string): string => hash('sha256', token, 'base64url')

/** @throws errors.InvalidDpopProof without a proof: nothing would bind the token (RFC7592-5) */
function keyOf(ctx: Context): string {
  const key = decidedOn(ctx)?.proof?.header.thumbprint
  if (key === undefined) throw new errors.InvalidDpopProof('a DPoP proof is required here')
  return key
}

function refused(ctx: Context): errors.InvalidToken {
  ctx.set('WWW-Authenticate', 'DPoP error="invalid_token"')
  note(ctx, { clause: 'RFC7592-5' })
  return new errors.InvalidToken('not the registration access token of this client')
}

const asRegistration = (payload: Metadata): Registration => {
  const { client, issuedAt, statement, stated, jkt } = payload
  return {
    client: String(client),
    issuedAt: Number(issuedAt),
    statement: String(statement),
    stated: { ...Object(stated) },
    jkt: String(jkt),
  }
}

/** @throws errors.InvalidRequest for a body that is no JSON object, is too long or does not arrive */
async function bodyOf(ctx: Context): Promise<Metadata> {
  let body: unknown
  try {
    body = JSON.parse(await getRawBody(ctx.req, { limit: '64kb', encoding: 'utf8' }))
  } catch (cause) {
    throw new errors.InvalidRequest('the body is no JSON', 400, { cause })
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new errors.InvalidRequest('the body is no JSON object')
  return { ...body }
}
