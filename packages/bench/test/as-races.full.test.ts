import { expect, test } from 'vitest'
import { exactlyOne } from '../src/soaks/authorization-server/races.ts'
import { soakOn } from './soak-on.ts'

test(
  'RFC6749-4.1.2, OIDCC-9, RFC9449-11.1: two nodes on SQLite keep single use',
  { timeout: 120_000 },
  async () => {
    const { code, told } = await soakOn('as-races', { engine: 'sqlite', rounds: 2 })
    expect(told).toContain('as-races: kept')
    expect(code).toBe(0)
  },
)

test('no success, two successes, or another refusal is told', () => {
  const [won, lost] = [
    { status: 200, json: {} },
    { status: 400, json: { error: 'invalid_grant' } },
  ]
  const judge = (...answers: (typeof won)[]) => exactlyOne(answers, '400 invalid_grant')
  expect(judge(lost, won, lost)).toBeUndefined()
  expect(judge(lost, lost)).toBe('0 succeeded')
  expect(judge(won, lost, won)).toBe('2 succeeded')
  expect(judge(won, lost, { status: 503, json: { error: 'temporarily_unavailable' } })).toBe(
    'refused with 503 temporarily_unavailable',
  )
})
