export type UserAgentErrorCode =
  | 'UNKNOWN_PAGE'
  | 'PAGE_CAME_BACK'
  | 'FOREIGN_FORM'
  | 'REPEATED_POST'
  | 'TOO_MANY_STEPS'

/** The browser cannot go on. The message has the page's title, never its text or the password. */
export class UserAgentError extends Error {
  override readonly name = 'UserAgentError'
  readonly code: UserAgentErrorCode

  constructor(code: UserAgentErrorCode, sentence: string) {
    super(sentence)
    this.code = code
  }
}
