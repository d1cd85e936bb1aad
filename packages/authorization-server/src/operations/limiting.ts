import type { Context } from 'koa'
import { errors, Provider } from 'oidc-provider'
import { onRefusal } from './decisions.ts'
import { postOnly } from '../vocabulary/endpoints.ts'
import type { AuthenticationLimits } from './limits.ts'

/** RFC8628-5.1: what is tried as a user code is looked up within the limits. */
export function limitUserCodes({ DeviceCode }: Provider, limits: AuthenticationLimits): void {
  const find = DeviceCode.findByUserCode.bind(DeviceCode)
  DeviceCode.findByUserCode = async (userCode, options) => {
    const attempt = limits.admitUserCode(Provider.ctx?.req.socket.remoteAddress)
    let isWrong = false // as long as nobody could look
    try {
      const code = await find(userCode, options)
      isWrong = code === undefined
      return code
    } finally {
      if (!isWrong) attempt.takeBack()
    }
  }
}

/**
 * Refuses a client that has failed too often before its credentials are looked at, and counts what
 * fails. The library asks for the client by the id that the request claims, after parsing it and
 * before any signature: that is where the client's own limit is asked.
 */
export function limitClientFailures(provider: Provider, limits: AuthenticationLimits): void {
  const claimed = new WeakMap<Context, string>()
  const find = provider.Client.find.bind(provider.Client)
  provider.Client.find = async (id) => {
    const { ctx } = Provider
    if (ctx && postOnly.has(ctx.path) && !claimed.has(ctx)) {
      claimed.set(ctx, id)
      limits.admitClient(id, ctx.req.socket.remoteAddress)
    }
    return find(id)
  }
  onRefusal(provider, (ctx, failure) => {
    if (failure instanceof errors.InvalidClientAuth)
      limits.clientFailed(claimed.get(ctx), ctx.req.socket.remoteAddress)
  })
}
