import type { Answer } from './answer.ts'
import type { ClauseId } from './clause.ts'
import type { Facts, MemoryAnswer } from './facts.ts'
import type { Policy } from './policy.ts'
import type { Mismatch, Row } from './row.ts'

export type Outcome = 'held' | 'failed' | 'not applicable' | 'not reached'

/** All rows with their outcome for one request, and the first that did not hold, if any. */
export interface Decision<Id extends ClauseId = ClauseId> {
  readonly rows: readonly { readonly clause: Id; readonly outcome: Outcome }[]
  readonly refusal?: Refusal<Id>
}

export interface Refusal<Id extends ClauseId = ClauseId> {
  readonly clause: Id
  readonly sentence: string
  readonly answer: Answer
  readonly mismatch: Mismatch
}

/**
 * Holds the facts against the rows, in their order. The effect comes last and once: only when every
 * pure row holds is the memory asked, so that a refused proof leaves no trace in it.
 *
 * @param remember records the proof's use; called only for a request that carries a readable proof
 */
export async function enforce<Id extends ClauseId>(
  rows: readonly Row<Id>[],
  facts: Facts,
  policy: Policy,
  remember: (facts: Facts) => Promise<MemoryAnswer>,
): Promise<Decision<Id>> {
  const outcomes: Outcome[] = []
  let known = facts
  for (const { clause, sentence, stage, answer, decide } of rows) {
    if (stage === 'effect' && known === facts && facts.dpop?.proof?.form === 'proof')
      known = { ...facts, memory: { ...facts.memory, answer: await remember(facts) } }
    const mismatch = decide(known, policy)
    if (mismatch && mismatch !== 'not applicable') {
      outcomes.push('failed')
      return decision(rows, outcomes, { clause, sentence, answer, mismatch })
    }
    outcomes.push(mismatch ?? 'held')
  }
  return decision(rows, outcomes)
}

// The list of outcomes is for the trace and the log; who does not look at it does not pay for it.
function decision<Id extends ClauseId>(
  rows: readonly Row<Id>[],
  outcomes: readonly Outcome[],
  refusal?: Refusal<Id>,
): Decision<Id> {
  return {
    get rows() {
      return rows.map(({ clause }, index) => ({
        clause,
        outcome: outcomes[index] ?? ('not reached' as const),
      }))
    },
    ...(refusal && { refusal }),
  }
}
