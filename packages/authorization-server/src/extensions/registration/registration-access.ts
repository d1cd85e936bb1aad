import { randomBytes } from 'node:crypto'
import type { Records } from '@holdfast/store'
import type { Context } from 'koa'
import { errors } from 'oidc-provider'
import type { Metadata } from '../../clients/client-metadata.ts'
import { note } from '../../operations/notes.ts'
import { hashed } from '../../records/once.ts'
import { decidedOn } from '../../sender-constraint/decided.ts'
import { registrationOf } from '../../status-list/revocations.ts'

const TOKEN = 'RegistrationAccessToken'
const KIND = 'Registration'

export interface Registration {
  readonly client: string
  /** Seconds since the epoch. */
  readonly issuedAt: number
  /** As it was sent, and what it says. */
  readonly statement: string
  readonly stated: Metadata
  /** Thumbprint of the key with which it was registered. */
  readonly jkt: string
}

/** Who may manage which registration (RFC 7592): by a token, with the key that registered the client. */
export class RegistrationAccess {
  readonly #records: Records

  constructor(records: Records) {
    this.#records = records
  }

  async keep(registration: Registration): Promise<void> {
    const { client } = registration
    const payload = { ...registration }
    await this.#records.upsert({ kind: KIND, id: client, payload, grant: registrationOf(client) })
  }

  /** Whether this client is still registered by its own doing. */
  async has(client: string): Promise<boolean> {
    return (await this.#records.find(KIND, client)) !== undefined
  }

  /**
   * @returns what the token is for, and `use`, which spends it: of any number in parallel one does
   * @throws errors.InvalidToken
   */
  async managed(ctx: Context) {
    const [, scheme = '', token = ''] = /^(\w+) (\S+)$/.exec(ctx.get('authorization')) ?? []
    const id = hashed(token) // as `ath` has it
    const found = scheme.toLowerCase() === 'dpop' ? await this.#records.find(TOKEN, id) : undefined
    const client = found?.payload['client']
    if (found?.consumedAt !== undefined || client !== ctx['params'].client) throw refused(ctx)
    const record = await this.#records.find(KIND, String(client))
    const registration = record && asRegistration(record.payload)
    if (!registration || registration.jkt !== keyOf(ctx)) throw refused(ctx)
    if (decidedOn(ctx)?.proof?.jws.claims['ath'] !== id) {
      note(ctx, { clause: 'RFC9449-4.3-12a' })
      throw new errors.InvalidDpopProof('ath is not the hash of the registration access token')
    }
    note(ctx, { client: registration.client })
    const use = async () => {
      if (!(await this.#records.consume(TOKEN, id))) throw refused(ctx)
      await this.#records.remove(TOKEN, id) // or each update would leave one, for good
    }
    return { registration, token, use }
  }

  async newToken(client: string): Promise<string> {
    const token = randomBytes(32).toString('base64url')
    const id = hashed(token)
    const grant = registrationOf(client)
    await this.#records.add({ kind: TOKEN, id, payload: { client }, grant })
    return token
  }
}

/** @throws errors.InvalidDpopProof without a proof: nothing would bind the token (RFC7592-5) */
export function keyOf(ctx: Context): string {
  const key = decidedOn(ctx)?.proof?.header.thumbprint
  if (key === undefined) throw new errors.InvalidDpopProof('a DPoP proof is required here')
  return key
}

export function refused(ctx: Context): errors.InvalidToken {
  ctx.set('WWW-Authenticate', 'DPoP error="invalid_token"')
  const refusal = new errors.InvalidToken('not the registration access token of this client')
  return Object.assign(refusal, { clause: 'RFC7592-5' })
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
