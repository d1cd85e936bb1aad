/**
 * The door by which tests and the lab take rows out of the table, to show what each one holds off.
 * It is not in the package that people install: there is no setting that weakens a server.
 */
import type { IncomingMessage } from 'node:http'
import type { AccessToken, Clause, Row } from '@holdfast/sender-constraint'
import { silent } from '@holdfast/trace'
import type { Middleware } from 'koa'
import { decider, type Verdict } from './decide.ts'
import { checkPolicy, https, PolicyError, type RoutePolicy } from './policy.ts'
import type { ServerOptions } from './protected.ts'
import { Recent } from './recent.ts'

export type ProtectOptions = ServerOptions & RoutePolicy

/** What a protected handler finds in `ctx.state`. */
export interface ProtectedState {
  readonly token: Pick<AccessToken, 'form' | 'claims' | 'confirmation'>
}

const NO_TOKEN: ProtectedState['token'] = { form: 'opaque', claims: {}, confirmation: {} }

export function protectWith(
  rows: readonly Row<Clause>[],
  options: ProtectOptions,
): Middleware<ProtectedState> {
  const decide = decideWith(rows, options)
  return async (ctx, next) => {
    const verdict = await decide(ctx.req)
    if ('refused' in verdict) {
      ctx.status = verdict.refused.status
      for (const [name, value] of Object.entries(verdict.refused.headers))
        ctx.set(name, typeof value === 'string' ? value : [...value])
      ctx.body = verdict.refused.body
      return
    }
    ctx.set(verdict.headers)
    ctx.state = { ...ctx.state, token: verdict.token ?? NO_TOKEN }
    await next()
  }
}

/** The core that every adapter stands on. @throws PolicyError */
export function decideWith(
  rows: readonly Row<Clause>[],
  options: ProtectOptions,
): (request: IncomingMessage) => Promise<Verdict> {
  const { nonceSecret, nonceLifetime = 300, keptKeys = 10_000 } = options
  if (nonceSecret.length < 32)
    throw new PolicyError('nonceSecret', `${nonceSecret.length} bytes`, '32 bytes or more')
  if (!(nonceLifetime >= 10 && nonceLifetime <= 3600))
    throw new PolicyError('nonceLifetime', nonceLifetime, '10 to 3600 seconds')
  const resource = https('resource', options.resource)
  if (resource.endsWith('/')) throw new PolicyError('resource', resource, 'no slash at the end')
  return decider(rows, checkPolicy(options), {
    resource,
    tokens: options.tokens,
    memory: options.memory,
    nonces: { secret: nonceSecret, label: resource, lifetime: nonceLifetime * 1000 },
    headers: new Recent(keptKeys),
    now: options.now ?? Date.now,
    report: options.report ?? silent,
    explain: options.explain ?? false,
  })
}
