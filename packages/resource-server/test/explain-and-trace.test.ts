import { ROWS } from '@holdfast/sender-constraint'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { BEARER, dpop, answerOf, refusal } from './answers.ts'
import { dpopFields, type Outgoing, raise, START } from './stage.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const TRACEPARENT = ['traceparent', `00-${TRACE}-${SPAN}-01`] as const

describe('explain', () => {
  test.for([
    [true, 'RFC9449-7.1: The scheme DPoP comes with a proof.'],
    [false, 'The scheme DPoP comes with a proof.'],
  ] as const)('%s: %s', async ([explain, description]) => {
    const stage = await raise({ explain })
    const answer = await stage.send({ fields: dpopFields(await stage.token()) })
    expect(answerOf(answer)).toEqual(
      refusal({
        status: 401,
        challenges: [BEARER, dpop('invalid_dpop_proof', description)],
        error: 'invalid_dpop_proof',
      }),
    )
    expect(answer.body).toEqual({ error: 'invalid_dpop_proof', error_description: description })
    await stage.close()
  })

  test('no answer names a clause unless it is on', async () => {
    const stage = await raise()
    for (const request of [{}, { fields: [['Authorization', 'DPoP']] }] as Outgoing[]) {
      const { challenges, body } = await stage.send(request)
      expect(JSON.stringify([challenges, body])).not.toMatch(/RFC|FAPI/)
    }
    await stage.close()
  })
})

describe('trace', async () => {
  const stage = await raise()
  const { events } = stage
  afterAll(() => stage.close())
  beforeEach(() => void events.splice(0))

  const traced = (request: Outgoing, field: readonly [string, string] = TRACEPARENT): Outgoing => ({
    ...request,
    fields: [...(request.fields ?? []), field],
  })

  test('a request without a traceparent is not reported', async () => {
    await stage.send(await stage.honest())
    await stage.send({})
    expect(events).toEqual([])
  })

  test.for([
    ['an invalid one', [['traceparent', `00-${'0'.repeat(32)}-${SPAN}-01`]]],
    ['two', [TRACEPARENT, TRACEPARENT]],
  ] as const)('nor one with %s', async ([, fields]) => {
    const request = await stage.honest()
    await stage.send({ ...request, fields: [...request.fields!, ...fields] })
    expect(events).toEqual([])
  })

  test('an accepted request: every row with its outcome', async () => {
    expect((await stage.send(traced(await stage.honest()))).status).toBe(200)
    expect(events).toHaveLength(1)
    const [event] = events
    expect(event).toMatchObject({
      type: 'decision',
      trace: TRACE,
      span: SPAN,
      at: START,
      by: 'resource-server',
    })
    expect(event).not.toHaveProperty('refusal')
    expect(event).toHaveProperty(
      'rows',
      ROWS.map(({ clause }) => ({ clause, outcome: expect.stringMatching(/^held$|^not app/) })),
    )
  })

  test('a refused request: the clause, and what was expected', async () => {
    const token = await stage.token()
    const proof = await stage.proof({ token, claims: { htm: 'POST' } })
    await stage.send(traced({ fields: dpopFields(token, proof) }))
    expect(events).toMatchObject([
      {
        refusal: {
          clause: 'RFC9449-4.3-8',
          sentence: 'htm is the method of this request.',
          error: 'invalid_dpop_proof',
          expected: 'GET',
          actual: '"POST"',
        },
      },
    ])
  })

  test('a request without credentials: a refusal without an error', async () => {
    await stage.send(traced({}))
    expect(events).toHaveLength(1)
    expect(events[0]).toHaveProperty('refusal.clause', 'RFC6750-3')
    expect(events[0]).not.toHaveProperty('refusal.error')
  })

  test('no event holds a token or a proof', async () => {
    const token = await stage.token()
    const good = await stage.proof({ token })
    const bad = await stage.proof({ token, claims: { ath: 'x', htm: 'GET' } })
    const requests = [
      dpopFields(token, good),
      dpopFields(token, bad),
      dpopFields(token),
      dpopFields(token, `${good}.x`),
      dpopFields(`${token}x`, good),
      [['Authorization', `Bearer ${token}`]],
      [['Authorization', `DPoP ${token} ${token}`]],
    ] as const
    for (const fields of requests) await stage.send(traced({ fields }))
    expect(events).toHaveLength(requests.length)
    const text = JSON.stringify(events)
    for (const secret of [token, good, bad])
      for (const segment of secret.split('.')) expect(text).not.toContain(segment)
  })
})
