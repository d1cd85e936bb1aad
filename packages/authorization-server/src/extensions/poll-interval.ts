import { GRACE } from '@holdfast/store'
import type { Records } from '@holdfast/store'
import type { Middleware } from 'koa'
import { errors, Provider } from 'oidc-provider'
import type { BackchannelAuthenticationRequest, DeviceCode } from 'oidc-provider'
import { isWaiting } from './ciba/backchannel-request.ts'
import type { Configuration } from '../configuration/configuration.ts'
import { once } from '../records/once.ts'
import { endpoints } from '../vocabulary/endpoints.ts'

/** Milliseconds by which a client's timer may be early. */
const EARLY = 200

/**
 * CIBA-11, RFC8628-3.5: `slow_down`, which the library does not have. A poll is remembered for as
 * long as the interval, by one atomic put-if-absent, so that it holds on all nodes together.
 *
 * @param interval seconds
 */
export function keepPollInterval(provider: Provider, records: Records, interval: number): void {
  onPoll<BackchannelAuthenticationRequest>(provider.BackchannelAuthenticationRequest, (request) =>
    isWaiting(request) ? pace(request) : none,
  )
  onPoll<DeviceCode>(provider.DeviceCode, (code) => (isUndecided(code) ? pace(code) : none))

  async function pace({ jti }: Polled): Promise<void> {
    // A store keeps what has expired for GRACE; here it must be gone by then.
    const expiresAt = Date.now() + interval * 1_000 - EARLY - GRACE
    if (!(await once(records, { kind: 'Poll', id: jti, expiresAt })))
      throw new errors.SlowDown(`poll every ${interval} seconds`)
  }
}

const none = Promise.resolve()

interface Polled {
  readonly jti: string
  readonly clientId?: string | undefined
}

type Find<T> = (id: string, options?: { ignoreExpiration?: boolean | undefined }) => Promise<T>

interface Model<T extends Polled> {
  find: Find<T | undefined>
}

/** Calls back when the client that something belongs to asks for its tokens. */
function onPoll<T extends Polled>(model: Model<T>, polled: (found: T) => Promise<void>): void {
  const find = model.find.bind(model)
  // Defined, not assigned: its generic type cannot be written around.
  Object.defineProperty(model, 'find', {
    async value(...args: Parameters<Find<T>>) {
      const found = await find(...args)
      const { oidc } = Provider.ctx ?? {}
      const isPoll = oidc?.route === 'token' && found?.clientId === oidc.client?.clientId
      if (found && isPoll) await polled(found)
      return found
    },
  })
}

/** Whether the end-user has neither decided nor taken too long. */
const isUndecided = ({ accountId, error, isExpired }: DeviceCode): boolean =>
  accountId === undefined && error === undefined && !isExpired

/**
 * What the library leaves out of its answers, or says wrongly. CIBA-7.3, RFC8628-3.2: without
 * `interval` a client takes it for 5 seconds. RFC8628-3.2: end-users are sent to the issuer, also
 * where the device has asked at the alias. CIBA-4: there are no user codes there.
 */
export const completePollAnswers =
  ({ pollInterval: interval, issuer }: Configuration): Middleware =>
  async (ctx, next) => {
    await next()
    if (ctx.status !== 200) return
    if (ctx.path === endpoints.backchannel_authentication)
      ctx.body = { ...Object(ctx.body), interval }
    if (ctx.path === endpoints.device_authorization) {
      const uri = issuer + endpoints.code_verification
      const { user_code: code, ...answer } = Object(ctx.body)
      ctx.body = {
        ...answer,
        user_code: code,
        verification_uri: uri,
        verification_uri_complete: `${uri}?user_code=${code}`,
        interval,
      }
    }
    if (
      ctx.path.startsWith('/.well-known/') &&
      'backchannel_authentication_endpoint' in Object(ctx.body)
    )
      ctx.body = { ...Object(ctx.body), backchannel_user_code_parameter_supported: false }
  }
