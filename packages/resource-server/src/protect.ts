import { ROWS } from '@holdfast/sender-constraint'
import type { Middleware } from 'koa'
import { type ProtectedState, type ProtectOptions, protectWith } from './protect-with.ts'

/**
 * Koa middleware that lets a request through if, and only if, every clause of the table holds. It
 * has no option that turns a sender-constrained token into a bearer token.
 *
 * @throws PolicyError at once, if the policy cannot be met or is weaker than the profile
 */
export const protect = (options: ProtectOptions): Middleware<ProtectedState> =>
  protectWith(ROWS, options)
