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
  const pure = rows.filter(({ stage }) => stage === 'pure')
  const effect = rows.filter(({ stage }) => stage === 'effect')
  const before = decide(pure, facts, policy)
  if (before.refusal || facts.dpop?.proof?.form !== 'proof') {
    const outcome = before.refusal ? 'not reached' : 'not applicable'
    return {
      ...before,
      rows: [...before.rows, ...effect.map(({ clause }) => ({ clause, outcome }) as const)],
    }
  }
  const answer = await remember(facts)
  const after = decide(effect, { ...facts, memory: { ...facts.memory, answer } }, policy)
  return { ...after, rows: [...before.rows, ...after.rows] }
}

function decide<Id extends ClauseId>(
  rows: readonly Row<Id>[],
  facts: Facts,
  policy: Policy,
): Decision<Id> {
  let refusal: Refusal<Id> | undefined
  const outcomes = rows.map(({ clause, sentence, answer, decide: ask }) => {
    if (refusal) return { clause, outcome: 'not reached' as const }
    const mismatch = ask(facts, policy)
    if (mismatch === 'not applicable') return { clause, outcome: mismatch }
    if (!mismatch) return { clause, outcome: 'held' as const }
    refusal = { clause, sentence, answer, mismatch }
    return { clause, outcome: 'failed' as const }
  })
  return { rows: outcomes, ...(refusal && { refusal }) }
}
