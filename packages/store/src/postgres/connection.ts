import {
  Client,
  type ClientBase,
  Pool,
  type PoolConfig,
  type QueryConfig,
  type QueryResult,
} from 'pg'
import { StoreError } from '../records.ts'
import { migrate } from './migrate.ts'

export interface PostgresOptions {
  /** The driver's own: address, TLS, credentials, size of the pool. */
  readonly server: PoolConfig
  /** Schema of the database in which the tables are; lower-case letters, digits and `_`. */
  readonly schema?: string
  /** Milliseconds after which a connection or a query that has not come counts as refused. */
  readonly timeout?: number
}

export const SCHEMA = 'holdfast'
const TIMEOUT = 5_000
const UNHURRIED = { query_timeout: 120_000, statement_timeout: 0 }

/**
 * A pool on a database whose schema is of this program.
 *
 * @param examine throws where the database does not keep what it should
 * @throws StoreError where the database cannot be reached, is of a newer program, or is unfit
 */
export async function openPool(
  { server, schema = SCHEMA, timeout = TIMEOUT }: PostgresOptions,
  examine: (client: ClientBase) => Promise<void> = async () => {},
): Promise<Pool> {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema))
    throw new StoreError(`PostgreSQL: ${schema} is no name of a schema: [a-z_][a-z0-9_]*`)
  // A connection of its own: making a schema, or waiting for who makes it, may take its time.
  const client = new Client({ connectionTimeoutMillis: timeout, ...server, ...UNHURRIED })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await examine(client)
    await migrate(client, schema)
  } catch (error) {
    throw told(error)
  } finally {
    await client.end().catch(() => undefined)
  }
  const pool = new Pool({
    connectionTimeoutMillis: timeout,
    query_timeout: timeout,
    // The server gives up first, so that what is refused for its lateness has not happened.
    statement_timeout: Math.ceil(timeout * 0.75),
    idle_in_transaction_session_timeout: timeout,
    keepAlive: true,
    ...server,
  })
  // The pool has thrown the broken connection away; the query that needed it says so itself.
  pool.on('error', () => undefined)
  return pool
}

/** @throws StoreError where the database is away, does not answer in time, or answers with an error */
export async function ask(
  pool: Pool,
  query: QueryConfig,
): Promise<QueryResult<Record<string, unknown>>> {
  try {
    return await pool.query<Record<string, unknown>>(query)
  } catch (error) {
    throw told(error)
  }
}

function told(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const reason = error instanceof Error ? error.message || error.name : String(error)
  return new StoreError(`PostgreSQL: ${reason}`, { cause: error })
}
