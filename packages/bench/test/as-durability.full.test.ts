import { expect, test } from 'vitest'
import { Ledger } from '../src/soaks/authorization-server/ledger.ts'
import { soakOn } from './soak-on.ts'

test(
  'kill -9 of two nodes on SQLite loses nothing acknowledged',
  { timeout: 120_000 },
  async () => {
    const { code, told } = await soakOn('as-durability', { engine: 'sqlite', rounds: 1 })
    expect(told).toContain('as-durability: kept')
    expect(told).toMatch(/[1-9]\d* assertions/)
    expect(code).toBe(0)
  },
)

/** A server that acknowledges everything, and forgets or revives it. */
const server = (again: number, error?: string) => {
  let asked = 0
  const answer = async () =>
    (asked += 1) === 1
      ? { status: 200, json: {} }
      : { status: again, json: error === undefined ? {} : { error } }
  return {
    assertion: async () => 'assertion',
    once: answer,
    send: answer,
    opens: async () => false,
    redeem: () => ({}),
  }
}

test.for([
  [200, undefined, ['assertions: one is answered 200, not 401 invalid_client']],
  [401, 'invalid_client', []],
  [503, 'temporarily_unavailable', []],
] as const)(
  'an assertion that is answered %i %s when used again',
  async ([status, error, wrong]) => {
    const ledger = new Ledger()
    const client = server(status, error)
    await ledger.useAssertion(client)
    expect(await ledger.check(client)).toEqual(wrong)
    expect([ledger.decided, ledger.undecided]).toEqual(status === 503 ? [0, 1] : [1, 0])
  },
)
