import type { NonceKeeper } from '@holdfast/sender-constraint'
import type { Context } from 'koa'
import { NONCE_LIFETIME } from '../configuration/lifetimes.ts'
import type { Configuration } from '../configuration/configuration.ts'
import type { Keys } from '../keys/keys.ts'

/** One of our two base URLs, and the nonces that are good there and nowhere else. */
export interface Origin {
  readonly url: string
  readonly nonces: NonceKeeper
}

/** The listeners pin the host (see http/listeners.ts), so the host says which of them this is. */
export function origins(
  { issuer, mtlsOrigin }: Configuration,
  [secret, ...alsoAccepted]: Keys['dpopNonces'],
): (ctx: Context) => Origin {
  const origin = (url: string): Origin => ({
    url,
    nonces: { secret, alsoAccepted, label: url, lifetime: NONCE_LIFETIME },
  })
  const [ofIssuer, ofAlias] = [origin(issuer), origin(mtlsOrigin)]
  const { host: alias } = new URL(mtlsOrigin)
  return (ctx) => (ctx.host === alias ? ofAlias : ofIssuer)
}
