/** What a command answers: lines for a human, and the same as data for `--json`. */
import { type Authority, type AuthorityOptions, openAuthority } from '../authority.ts'

export interface CommandResult {
  readonly lines: readonly string[]
  /** Plain JSON. No private key is in it, but where the command is asked for one. */
  readonly json: unknown
}

/** Which authority: the folder, and what new certificates are made with. */
export interface Place extends AuthorityOptions {
  readonly folder: string
}

export async function open({ folder, ...options }: Place): Promise<Authority> {
  return await openAuthority(folder, options)
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
