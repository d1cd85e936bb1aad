import { expect, test, vi } from 'vitest'
import {
  type Facts,
  isNewGeneration,
  readNonce,
  remember,
  ROWS,
  withNextNonce,
} from '../../src/index.ts'
import {
  certificateBound,
  type Draft,
  dpopBound,
  factsOf,
  KEEPER,
  NOW,
  nonceAt,
} from '../honest.ts'
import { CLIENT, run, thumbprint, useKey, ED25519 } from '../honest.ts'

const memoryOf = (given = async () => undefined) => ({
  generation: 'generation-1',
  look: vi.fn<() => Promise<void>>(async () => undefined),
  nonceGiven: vi.fn<(owner: string, until: number) => Promise<void>>(given),
})
type Memory = ReturnType<typeof memoryOf>

async function concluded(draft: Draft, memory: Memory, facts: Facts = factsOf(draft)) {
  const { decision } = await run(draft)
  return withNextNonce(decision, facts, { memory, nonces: KEEPER })
}

const withNonce = (value: string, edit: (draft: Draft) => void = () => undefined): Draft => {
  const draft = dpopBound()
  edit(draft)
  draft.proof!.claims['nonce'] = value
  return draft
}
const freshness = (nonce: string | undefined) => readNonce(KEEPER, 'generation-1', NOW, nonce).state

test('no nonce where none is wanted, and nobody is asked', async () => {
  const memory = memoryOf()
  for (const draft of [dpopBound(), certificateBound(), withNonce(nonceAt(NOW - 150_000))])
    expect((await concluded(draft, memory)).nonce).toBeUndefined()
  expect(memory.nonceGiven).not.toHaveBeenCalled()
  expect(memory.look).not.toHaveBeenCalled()
})

test('a new one in the second half of its life, and where the present one is none', async () => {
  for (const draft of [withNonce(nonceAt(NOW - 150_001)), withNonce('of somebody else')]) {
    const memory = memoryOf()
    expect(freshness((await concluded(draft, memory)).nonce)).toBe('fresh')
    expect(memory.nonceGiven.mock.calls).toEqual([[thumbprint(CLIENT.jwk), NOW + 300_000]])
  }
})

test('whose key the token does not name is given one that binds nobody', async () => {
  const memory = memoryOf()
  const draft = withNonce('of somebody else', (d) => {
    const { cnf } = d.token.claims
    useKey(d, ED25519)
    d.token.claims['cnf'] = cnf
  })
  expect(freshness((await concluded(draft, memory)).nonce)).toBe('fresh')
  expect(memory.nonceGiven).not.toHaveBeenCalled()
  expect(memory.look).toHaveBeenCalledOnce()
})

test('without a token, as where tokens are issued, too', async () => {
  const memory = memoryOf()
  const draft = withNonce('of somebody else')
  const { token: _, ...facts } = factsOf(draft)
  expect(freshness((await concluded(draft, memory, facts)).nonce)).toBe('fresh')
  expect(memory.look).toHaveBeenCalledOnce()
})

test('none where that cannot be remembered: a challenge becomes 503, a success stays one', async () => {
  const away = memoryOf(() => Promise.reject(new Error('away')))
  const challenged = await concluded(withNonce('of somebody else'), away)
  expect(challenged).toMatchObject({
    decision: { refusal: { clause: 'RFC9110-15.6.4', answer: { status: 503 } } },
  })
  expect(challenged.nonce).toBeUndefined()
  expect(challenged.decision.rows).toHaveLength(ROWS.length)
  const ageing = await concluded(withNonce(nonceAt(NOW - 200_000)), away)
  expect([ageing.decision.refusal, ageing.nonce]).toEqual([undefined, undefined])
})

test('a use that is none is not recorded', async () => {
  const put = vi.fn<() => Promise<'recorded'>>(async () => 'recorded')
  expect(await remember({ put }, undefined)).toBe('unreachable')
  expect(put).not.toHaveBeenCalled()
  const use = { key: 'a', owner: 'b', until: NOW, withoutNonce: true }
  expect(await remember({ put }, use)).toBe('recorded')
  expect(await remember({ put: () => Promise.reject(new Error('away')) }, use)).toBe('unreachable')
})

test('a wanted nonce without a proof binds nobody', async () => {
  const memory = memoryOf()
  const { decision } = await run(withNonce('of somebody else'))
  const { dpop: _, ...facts } = factsOf(dpopBound())
  const { nonce } = await withNextNonce(decision, facts, { memory, nonces: KEEPER })
  expect(freshness(nonce)).toBe('fresh')
  expect(memory.nonceGiven).not.toHaveBeenCalled()
})

test('a memory that cannot be asked has no new generation that we know of', async () => {
  const away = { generation: 'one', look: () => Promise.reject(new Error('away')) }
  expect(await isNewGeneration(away)).toBe(false)
})
