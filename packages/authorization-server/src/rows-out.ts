/**
 * The door by which tests and the lab take rows out of the table, to show what each one holds off. It is
 * not beside `createAuthorizationServer`: there is no setting that weakens a server.
 */
import type { ClauseId } from '@holdfast/sender-constraint'
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  creating,
} from './authorization-server.ts'

/** @param clauses of the rows that are to be out; what they ask of client metadata is asked all the same */
export const createWithout = (
  clauses: readonly ClauseId[],
  options: AuthorizationServerOptions,
): Promise<AuthorizationServer> => creating(options, new Set(clauses))
