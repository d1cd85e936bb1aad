import type { Records } from '@holdfast/store'
import type { Context } from 'koa'
import type { AuthenticationLimits } from '../operations/limits.ts'
import { note } from '../operations/notes.ts'
import { authenticate } from './users.ts'

interface Foundations {
  readonly records: Records
  readonly limits: AuthenticationLimits
}

/**
 * Looks at a submitted login form, within the limits of failed attempts, and notes what came of it.
 *
 * @returns the subject; undefined where login or password is wrong
 * @throws TooManyFailures
 */
export async function logIn(
  ctx: Context,
  form: URLSearchParams,
  { records, limits }: Foundations,
): Promise<string | undefined> {
  const login = form.get('login') ?? ''
  const attempt = limits.admitLogin(login, ctx.req.socket.remoteAddress)
  const sub = await authenticate(records, login, form.get('password') ?? '').catch((error) => {
    attempt.undecided() // a store that is away for a minute locks nobody out for five
    throw error
  })
  if (sub !== undefined) {
    attempt.succeeded()
    note(ctx, { subject: sub })
    return sub
  }
  // Of a login that does not exist nothing is noted: it may be a password in the wrong field.
  const tried = await records.findByIndex('User', login)
  note(ctx, { error: 'access_denied', reason: 'login or password is wrong' })
  if (tried) note(ctx, { subject: tried.id })
  return undefined
}
