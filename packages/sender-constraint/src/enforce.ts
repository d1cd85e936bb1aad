import type { Answer } from './answer.ts'
import type { ClauseId } from './clause.ts'
import type { Facts, MemoryAnswer } from './facts.ts'
import type { Policy } from './policy.ts'
import type { Mismatch, Row } from './row.ts'

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

/**
 * Holds the facts against the rows, in their order. The effect comes last and once: only when every
 * pure row holds is the memory asked, so that a refused proof leaves no trace in it. Answers at once
 * where nothing has to be waited for.
 *
 * @param remember records the proof's use; called only for a request that carries a readable proof
 */
export function enforce<Id extends ClauseId>(
  rows: readonly Row<Id>[],
  facts: Facts,
  policy: Policy,
  remember: (facts: Facts) => MemoryAnswer | Promise<MemoryAnswer>,
): Decision<Id> | Promise<Decision<Id>> {
  const failure = firstFailure(rows, 'pure', facts, policy)
  const asks = facts.dpop?.proof?.form === 'proof' && rows.some(({ stage }) => stage === 'effect')
  if (failure || !asks) return new Decided(rows, facts, failure)
  const decide = (answer: MemoryAnswer): Decision<Id> => {
    const known = { ...facts, memory: { ...facts.memory, answer } }
    return new Decided(rows, known, firstFailure(rows, 'effect', known, policy))
  }
  const answer = remember(facts)
  return answer instanceof Promise ? answer.then(decide) : decide(answer)
}

interface Failure<Id extends ClauseId> {
  readonly row: Row<Id>
  readonly mismatch: Mismatch
}

function firstFailure<Id extends ClauseId>(
  rows: readonly Row<Id>[],
  stage: Row['stage'],
  facts: Facts,
  policy: Policy,
): Failure<Id> | undefined {
  for (const row of rows) {
    const mismatch = row.stage === stage ? row.decide(facts, policy) : undefined
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
