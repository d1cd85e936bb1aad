import type { Answer } from './answer.ts'
import type { ClauseId } from './clause.ts'
import type { Facts, MemoryAnswer } from './facts.ts'
import type { Policy } from './policy.ts'
import { kindOf, type Mismatch, type Row } from './row.ts'

export type Outcome = 'held' | 'failed' | 'not applicable' | 'not reached'

/** All rows with their outcome for one request, and the first that did not hold, if any. */
export interface Decision<Id extends ClauseId = ClauseId> {
  readonly rows: readonly { readonly clause: Id; readonly outcome: Outcome }[]
  readonly refusal?: Refusal<Id> | undefined
}

export interface Refusal<Id extends ClauseId = ClauseId> {
  readonly clause: Id
  readonly sentence: string
  readonly answer: Answer
  readonly mismatch: Mismatch
}

type Remember = (facts: Facts) => MemoryAnswer | Promise<MemoryAnswer>

/**
 * Holds the facts against the rows, in their order. The effect comes last and once: only when every
 * pure row holds is the memory asked, so that a refused proof leaves no trace in it. Answers at once
 * where nothing has to be waited for.
 *
 * @param remember records the proof's use; called only for a request that carries a readable proof
 */
export const enforce = <Id extends ClauseId>(
  rows: readonly Row<Id>[],
  facts: Facts,
  policy: Policy,
  remember: Remember,
): Decision<Id> | Promise<Decision<Id>> => enforcer(rows, policy)(facts, remember)

/** `enforce` for rows and a policy that stay the same. */
export function enforcer<Id extends ClauseId>(
  rows: readonly Row<Id>[],
  policy: Policy,
): (facts: Facts, remember: Remember) => Decision<Id> | Promise<Decision<Id>> {
  const pure = applicable(rows, 'pure')
  const effect = applicable(rows, 'effect')
  return (facts, remember) => {
    const failure = firstFailure(pure(facts), facts, policy)
    if (failure || facts.dpop?.proof?.form !== 'proof' || effect.isEmpty)
      return new Decided(rows, facts, failure)
    const decide = (answer: MemoryAnswer): Decision<Id> => {
      const known = { ...facts, memory: { ...facts.memory, answer } }
      return new Decided(rows, known, firstFailure(effect(known), known, policy))
    }
    const answer = remember(facts)
    return answer instanceof Promise ? answer.then(decide) : decide(answer)
  }
}

// Most rows speak of what a request does not have. Which do not is found out once for each kind.
function applicable<Id extends ClauseId>(all: readonly Row<Id>[], stage: Row['stage']) {
  const rows = all.filter((row) => row.stage === stage)
  const byKind = new Map<number, readonly Row<Id>[]>()
  const find = (facts: Facts): readonly Row<Id>[] => {
    const kind = kindOf(facts)
    const known = byKind.get(kind)
    if (known) return known
    const found = rows.filter(({ applies }) => applies(facts))
    byKind.set(kind, found)
    return found
  }
  return Object.assign(find, { isEmpty: rows.length === 0 })
}

interface Failure<Id extends ClauseId> {
  readonly row: Row<Id>
  readonly mismatch: Mismatch
}

function firstFailure<Id extends ClauseId>(
  rows: readonly Row<Id>[],
  facts: Facts,
  policy: Policy,
): Failure<Id> | undefined {
  for (const row of rows) {
    const mismatch = row.decide(facts, policy)
    if (mismatch) return { row, mismatch }
  }
  return undefined
}

// The list of outcomes is for the trace and the log; who does not look at it does not pay for it.
class Decided<Id extends ClauseId> implements Decision<Id> {
  readonly refusal: Refusal<Id> | undefined
  readonly #rows: readonly Row<Id>[]
  readonly #facts: Facts
  readonly #failed: Row<Id> | undefined

  constructor(rows: readonly Row<Id>[], facts: Facts, failure: Failure<Id> | undefined) {
    this.#rows = rows
    this.#facts = facts
    this.#failed = failure?.row
    this.refusal = failure && refused(failure)
  }

  get rows(): Decision<Id>['rows'] {
    const failedAt = this.#failed ? this.#rows.indexOf(this.#failed) : Infinity
    return this.#rows.map((row, index) => {
      if (index > failedAt) return { clause: row.clause, outcome: 'not reached' }
      if (index === failedAt) return { clause: row.clause, outcome: 'failed' }
      return { clause: row.clause, outcome: row.applies(this.#facts) ? 'held' : 'not applicable' }
    })
  }
}

const refused = <Id extends ClauseId>({ row, mismatch }: Failure<Id>): Refusal<Id> => ({
  clause: row.clause,
  sentence: row.sentence,
  answer: row.answer,
  mismatch,
})
