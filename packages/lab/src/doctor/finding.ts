/** What was looked at, what was found, and what to do about it. */
export interface Finding {
  readonly name: string
  readonly found: string
  readonly ok: boolean
  readonly remedy?: string
}
