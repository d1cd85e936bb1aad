import { printable } from './tell/printable.ts'

/**
 * The user asked for something that cannot be: one sentence, exit code 2. Anything else that is
 * thrown is a defect of ours.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The errors by which the other packages say the same. */
const TOLD = new Set([
  'AuthorityError',
  'ClientMetadataError',
  'ConfigurationError',
  'MaterialError',
  'PolicyError',
  'StoreError',
  'UsageError',
])

export const isTold = (error: unknown): error is Error =>
  error instanceof Error && (TOLD.has(error.name) || isOfFile(error) || isFull(error))

/** Says one of these in a sentence; exit code 2 is the caller's to set. @returns was it one? */
export function tellTold(error: unknown): boolean {
  if (!isTold(error)) return false
  const remedy = isFull(error) ? '; make room, or choose other folders by --state and --certs' : ''
  process.stderr.write(`holdfast: ${printable(error.message)}${remedy}\n`)
  return true
}

// Node's own message names the call and the path.
const isOfFile = (error: Error): boolean => 'syscall' in error && 'path' in error

/** SQLite's result code for a database that cannot grow. */
const SQLITE_FULL = 13

/** No room on the disk: as Node says it, without a path, or SQLite, by itself or inside a StoreError. */
const isFull = (error: Error): boolean =>
  ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '') ||
  ('errcode' in error && error.errcode === SQLITE_FULL) ||
  (error.cause instanceof Error && isFull(error.cause))

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined
