import type { Context } from './context.ts'

/** RFC 9470: a second factor, five minutes ago at most. */
export const STEP_UP = { acrValues: ['urn:holdfast:mfa'], maxAge: 300 } as const

export function steppedUp(ctx: Context): void {
  const { acr, auth_time, cnf } = ctx.state.token.claims
  ctx.body = { acr, auth_time, cnf }
}
