import type { Clause } from '../../src/index.ts'
import type { Draft, Edit } from '../honest.ts'

/** What is known of one row: where it holds, and every way in which it can fail. */
export interface RowCases {
  readonly clause: Clause
  /** 2: the second row with this clause; and so on. */
  readonly which?: 2 | 3 | 4
  /** Status and error, written out again: what the table must say. */
  readonly answer: readonly [status: number, error?: string]
  readonly holds?: Titled
  readonly refuses: Titled
  /** The clause that refuses a case where this row is taken out; all others are then accepted. */
  readonly overlaps?: Readonly<Record<string, Clause>>
  /** Titles of requests that this row has nothing to say about. */
  readonly notApplicable?: Titled
}

type Titled = Readonly<Record<string, Case>>

/** The edit, and the honest request that it is made to: `dpopBound`, unless one is named. */
export type Case = Edit | readonly [from: () => Draft, edit: Edit]

export const unchanged: Edit = () => {}
