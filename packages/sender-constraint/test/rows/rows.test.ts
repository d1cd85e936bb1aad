/**
 * Every row of the table: where it holds, each way in which it refuses, what it answers, and that
 * it alone stands between the request and success, unless an overlap is recorded.
 */
import { describe, expect, test } from 'vitest'
import { type Clause, type Row, ROWS } from '../../src/index.ts'
import { type Draft, dpopBound, factsOf, run } from '../honest.ts'
import type { Case, RowCases } from './case.ts'
import { CONFIRMATION_CASES } from './confirmation.cases.ts'
import { MEMORY_CASES } from './memory.cases.ts'
import { PROOF_CASES } from './proof.cases.ts'
import { REQUEST_CASES } from './request.cases.ts'
import { LONGEST_TOKEN, TOKEN_CASES } from './token.cases.ts'

const CASES: readonly RowCases[] = [
  ...REQUEST_CASES,
  ...TOKEN_CASES,
  ...CONFIRMATION_CASES,
  ...PROOF_CASES,
  ...MEMORY_CASES,
]

const TABLE: readonly Row<Clause>[] = ROWS

function rowOf({ clause, which }: RowCases): Row<Clause> {
  const row = ROWS.filter((one) => one.clause === clause)[(which ?? 1) - 1]
  if (!row) throw new Error(`the table has no row ${clause}`)
  return row
}

const draftOf = (given: Case): Draft => {
  const [from, edit] = typeof given === 'function' ? [dpopBound, given] : given
  const draft = from()
  edit(draft)
  return draft
}

async function outcomeOf(row: Row<Clause>, draft: Draft) {
  const { decision } = await run(draft)
  // The pure rows come first in the table, so that a row and its outcome have one place.
  return { refusal: decision.refusal, outcome: decision.rows[TABLE.indexOf(row)]?.outcome }
}

test('every row has its cases, once', () => {
  expect(new Set(CASES.map(rowOf)).size).toBe(CASES.length)
  expect(new Set(CASES.map(rowOf))).toEqual(new Set(ROWS))
})

test('the pure rows come before the effect rows', () => {
  const stages = ROWS.map(({ stage }) => stage)
  expect(stages.lastIndexOf('pure')).toBeLessThan(stages.indexOf('effect'))
})

describe.for(CASES)('$clause', (cases) => {
  const row = rowOf(cases)
  const { clause, answer, refuses, holds = {}, notApplicable = {}, overlaps = {} } = cases

  test(`${clause} answers ${answer.join(' ')}`, () => {
    const [status, error] = answer
    expect(row.answer).toEqual({ status, ...(error !== undefined && { error }) })
  })

  test.for(Object.entries(holds))(`${clause} holds for %s`, async ([, given]) => {
    expect(await outcomeOf(row, draftOf(given))).toEqual({ refusal: undefined, outcome: 'held' })
  })

  test.for(Object.entries(notApplicable))(`${clause} does not apply to %s`, async ([, given]) => {
    expect(await outcomeOf(row, draftOf(given))).toEqual({
      refusal: undefined,
      outcome: 'not applicable',
    })
  })

  test.for(Object.entries(refuses))(`${clause} refuses %s`, async ([, given]) => {
    const { decision } = await run(draftOf(given))
    const place = TABLE.indexOf(row)
    const outcomes = decision.rows.map(({ outcome }) => outcome)
    expect(decision.refusal).toMatchObject({ clause, sentence: row.sentence, answer: row.answer })
    expect(outcomes[place]).toBe('failed')
    expect(new Set(outcomes.slice(place + 1))).toEqual(
      new Set(place + 1 < ROWS.length ? ['not reached'] : []),
    )
    expect(outcomes.slice(0, place)).not.toContain('failed')
  })

  test.for(Object.entries(refuses))(
    `${clause}, taken out, lets pass %s`,
    async ([title, given]) => {
      const rest = ROWS.filter((one) => one !== row)
      const { decision } = await run(draftOf(given), rest)
      expect(decision.refusal?.clause).toBe(overlaps[title])
    },
  )

  test.for(Object.entries(refuses))(`${clause} tells no secret of %s`, async ([, given]) => {
    const draft = draftOf(given)
    const { refusal } = (await run(draft)).decision
    const { token, dpop } = factsOf(draft)
    const secrets: string[] = []
    const { expected, actual } = refusal!.mismatch
    const said = `${expected} ${actual}`
    for (const sent of [token, dpop?.proof])
      if (sent && 'jws' in sent) secrets.push(sent.jws.signingInput)
    for (const secret of secrets) expect(said).not.toContain(secret)
    expect(said.length).toBeLessThan(500)
  })
})

test.for(
  CASES.flatMap((cases) => Object.keys(cases.overlaps ?? {}).map((title) => ({ cases, title }))),
)('the overlap $title is one of the refusals', ({ cases, title }) => {
  expect(Object.keys(cases.refuses)).toContain(title)
})

test('RFC7519-7.2 holds for 16,384 characters: another row refuses what was made of them', async () => {
  const draft = dpopBound()
  LONGEST_TOKEN(draft)
  expect((await run(draft)).decision.refusal?.clause).toBe('RFC9068-4-5')
})
