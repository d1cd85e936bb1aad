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
  error instanceof Error && TOLD.has(error.name)

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined
