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
  error instanceof Error && (TOLD.has(error.name) || isOfFile(error))

/** Says one of these in a sentence; exit code 2 is the caller's to set. @returns was it one? */
export function tellTold(error: unknown): boolean {
  if (!isTold(error)) return false
  process.stderr.write(`holdfast: ${error.message}\n`)
  return true
}

// Node's own message names the call and the path.
const isOfFile = (error: Error): boolean => 'syscall' in error && 'path' in error

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined
