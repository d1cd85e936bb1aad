/**
 * The one error of this package. Whoever starts the lab reads it on a terminal, so it always says
 * which file, what is wrong with it and what to do; nothing has been changed when it is thrown.
 * Key material is in none of its members.
 */
export type AuthorityErrorCode =
  | 'unreadable'
  | 'unwritable'
  | 'corrupt'
  | 'key-mismatch'
  | 'foreign'
  | 'missing-key'
  | 'bad-request'
  | 'bad-passphrase'
  | 'unknown'
  | 'revoked'
  | 'missing-tool'

export interface AuthorityErrorDetail {
  readonly code: AuthorityErrorCode
  /** Absolute path of the file (or folder) concerned; of a request without one, the authority's folder. */
  readonly file: string
  readonly problem: string
  readonly remedy: string
}

export class AuthorityError extends Error {
  override readonly name = 'AuthorityError'
  readonly code: AuthorityErrorCode
  readonly file: string
  readonly problem: string
  readonly remedy: string

  constructor(detail: AuthorityErrorDetail, cause?: unknown) {
    super(`${detail.file}: ${detail.problem}. ${detail.remedy}.`, { cause })
    this.code = detail.code
    this.file = detail.file
    this.problem = detail.problem
    this.remedy = detail.remedy
  }
}
