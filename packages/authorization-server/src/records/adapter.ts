import type { NewRecord, Records, StoredRecord } from '@holdfast/store'
import { errors, Provider } from 'oidc-provider'
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'
import { decideOnce } from './decide-once.ts'
import { belongingTo } from './of-end-user.ts'
import { decidedOn } from '../sender-constraint/decided.ts'
import { ACCESS_TOKENS, endGrant, endToken, ownTokensOf } from '../status-list/revocations.ts'

/** What ends with its grant. An interaction names a grant as well, but outlives it. */
const ENDS_WITH_GRANT: ReadonlySet<string> = new Set([
  'AccessToken',
  'AuthorizationCode',
  'RefreshToken',
  'DeviceCode',
  'BackchannelAuthenticationRequest',
  'PreAuthorizedCode',
])

/** What an end-user sees on pages of their own; a request only until it is granted. */
const LOOKED_THROUGH: ReadonlySet<string> = new Set(['Grant', 'BackchannelAuthenticationRequest'])

/** Seconds. */
const EXPIRED = 600

/**
 * The library's models as records; `kind` is the model's name. What the library does in two steps
 * (look, then write) is one step here, so that parallel requests cannot both win.
 *
 * @param interaction seconds for which an end-user may take their time
 */
export function adapterOver(records: Records, interaction: number): AdapterFactory {
  const lifeOf = (model: string, expiresIn: number | undefined): number | undefined => {
    // The row of a pushed request must still be there when a slow end-user completes it, or its
    // single use is lost (RFC9126-7.3). When it may be *opened* is decided by `exp` in its payload.
    if (model === 'PushedAuthorizationRequest') return interaction + 60
    // Who still polls for what has expired is told so (CIBA-11, RFC8628-3.5), for this much longer.
    if (model === 'BackchannelAuthenticationRequest' || model === 'DeviceCode')
      return (expiresIn ?? 0) + EXPIRED
    return expiresIn
  }
  return (model): Adapter => ({
    async upsert(id, payload, expiresIn) {
      const { accountId, error } = payload
      if (model === 'DeviceCode' && (accountId ?? error) !== undefined)
        await decideOnce(records, id, expiresIn ?? 0)
      await records.upsert(asRecord(model, id, payload, lifeOf(model, expiresIn)))
    },
    async find(id) {
      const found = asPayload(await records.find(model, id))
      if (model === 'AuthorizationCode') refuseOtherKey(found)
      return found
    },
    findByUid: async (uid) => asPayload(await records.findByIndex(model, uid)),
    findByUserCode: async (code) => asPayload(await records.findByIndex(model, code)),
    async consume(id) {
      if (await records.consume(model, id)) return
      const grant = grantOf(await records.find(model, id))
      if (grant !== undefined) await endGrant(records, grant)
      throw model === 'PushedAuthorizationRequest'
        ? new errors.InvalidRequestUri('request_uri was already used')
        : new errors.InvalidGrant(`${model} was already used`)
    },
    async destroy(id) {
      if (model === 'Grant') return endGrant(records, id)
      // Before the refresh token itself: killed between, a client can revoke it once more.
      const grant = model === 'RefreshToken' && grantOf(await records.find(model, id))
      if (grant) await endGrant(records, grant)
      return ACCESS_TOKENS.has(model) ? endToken(records, model, id) : records.remove(model, id)
    },
    // Also for the sake of one access token, where the library would keep the grant: a refresh that
    // is under way must not outlive it.
    revokeByGrantId: (grant) => endGrant(records, grant),
  })
}

/**
 * RFC9449-10: a code is redeemed with the key that it is bound to. The library looks only when it has
 * consumed the code, and who guesses at keys would burn it.
 */
function refuseOtherKey(code: AdapterPayload | undefined): void {
  const bound = code?.dpopJkt
  if (bound !== undefined && decidedOn(Provider.ctx)?.proof?.header.thumbprint !== bound)
    throw new errors.InvalidGrant('the DPoP proof is not by the key that the code is bound to')
}

function grantOf(record: StoredRecord | undefined): string | undefined {
  const grant = record?.payload['grantId']
  return typeof grant === 'string' ? grant : undefined
}

function asRecord(
  model: string,
  id: string,
  payload: AdapterPayload,
  expiresIn: number | undefined,
): NewRecord {
  const index = payload.uid ?? payload.userCode
  const grant = nameFor(model, payload)
  return {
    kind: model,
    id,
    payload: { ...payload },
    // Whole milliseconds, rounded up: a life computed from a client's claims may be fractional.
    ...(expiresIn !== undefined && { expiresAt: Math.ceil(Date.now() + expiresIn * 1_000) }),
    ...(grant !== undefined && { grant }),
    ...(index !== undefined && { index }),
  }
}

/** With what it ends or is looked through, if with anything. */
function nameFor(model: string, { grantId, clientId, accountId }: AdapterPayload) {
  if (grantId !== undefined && ENDS_WITH_GRANT.has(model)) return grantId
  if (model === 'ClientCredentials' && clientId !== undefined) return ownTokensOf(clientId)
  return LOOKED_THROUGH.has(model) && accountId !== undefined ? belongingTo(accountId) : undefined
}

function asPayload(record: StoredRecord | undefined): AdapterPayload | undefined {
  if (!record) return undefined
  const { payload, consumedAt } = record
  return {
    ...payload,
    ...(consumedAt !== undefined && { consumed: Math.floor(consumedAt / 1_000) }),
  }
}
