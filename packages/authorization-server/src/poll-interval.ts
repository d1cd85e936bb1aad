import { hash } from 'node:crypto'
import { GRACE } from '@holdfast/store'
import type { Records } from '@holdfast/store'
import type { Middleware } from 'koa'
import { errors, Provider } from 'oidc-provider'
import type { BackchannelAuthenticationRequest } from 'oidc-provider'
import { isWaiting } from './backchannel-request.ts'
import { endpoints } from './endpoints.ts'

/** Milliseconds by which a client's timer may be early. */
const EARLY = 200

/**
 * CIBA-11: `slow_down`, which the library does not have. A poll is remembered for as long as the
 * interval, by one atomic put-if-absent, so that the interval holds on all nodes together.
 *
 * @param interval seconds
 */
export function keepPollInterval(provider: Provider, records: Records, interval: number): void {
  const Model = provider.BackchannelAuthenticationRequest
  const isPolled = (request: unknown): request is BackchannelAuthenticationRequest => {
    const { oidc } = Provider.ctx ?? {}
    return (
      oidc?.route === 'token' &&
      request instanceof Model &&
      request.clientId === oidc.client?.clientId
    )
  }
  const find = Model.find.bind(Model)
  // Defined, not assigned: its generic type cannot be written around.
  Object.defineProperty(Model, 'find', {
    async value(...args: Parameters<typeof find>) {
      const request = await find(...args)
      if (isPolled(request) && isWaiting(request)) await pace(request.jti)
      return request
    },
  })

  async function pace(id: string): Promise<void> {
    const first = await records.add({
      kind: 'Poll',
      id: hash('sha256', id, 'base64url'),
      payload: {},
      // A store keeps what has expired for GRACE; here it must be gone by then.
      expiresAt: Date.now() + interval * 1_000 - EARLY - GRACE,
    })
    if (!first) throw new errors.SlowDown(`poll every ${interval} seconds`)
  }
}

/**
 * What the library leaves out of its answers, or says wrongly. CIBA-7.3: without `interval` a client
 * takes it for 5 seconds. CIBA-4: there are no user codes here.
 */
export const completeCibaAnswers =
  (interval: number): Middleware =>
  async (ctx, next) => {
    await next()
    if (ctx.status !== 200) return
    if (ctx.path === endpoints.backchannel_authentication)
      ctx.body = { ...Object(ctx.body), interval }
    if (ctx.path.startsWith('/.well-known/'))
      ctx.body = { ...Object(ctx.body), backchannel_user_code_parameter_supported: false }
  }
