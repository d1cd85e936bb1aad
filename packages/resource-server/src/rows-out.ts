/**
 * The door by which tests and the lab take rows out of the table, to show what each one holds off.
 * It is not in the package that people install: there is no setting that weakens a server.
 */
import type { Clause, Row } from '@holdfast/sender-constraint'
import type { Middleware } from 'koa'
import { middleware } from './adapters/koa.ts'
import { type ProtectedState, protectingWith, type ProtectOptions } from './protecting.ts'

export { decideWith } from './protecting.ts'

export const protectWith = (
  rows: readonly Row<Clause>[],
  options: ProtectOptions,
): Middleware<ProtectedState> => middleware(protectingWith(rows, options))
