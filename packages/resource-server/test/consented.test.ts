/** What the end-user has consented to, detail by detail (RFC 9396), at the lab's API. */
import { afterAll, describe, expect, test } from 'vitest'
import { authorizationDetailsOf } from '../src/index.ts'
import { dpop } from './answers.ts'
import { x5t } from './certificates.ts'
import type { Members } from './mint.ts'
import { dpopFields, raise } from './stage.ts'

const stage = await raise({ explain: true })
afterAll(() => stage.close())

const PAYMENT = {
  type: 'payment_initiation',
  instructedAmount: { currency: 'EUR', amount: '12.50' },
  creditorName: 'Shop',
  creditorAccount: { iban: 'DE02100100109307118603' },
}
const { type: _, ...ORDER } = PAYMENT
const ACCOUNTS = { type: 'account_information', accounts: [{ iban: 'NL00HOLD0000000002' }] }

interface Call {
  readonly details?: unknown
  readonly body?: unknown
  readonly path?: string
  readonly claims?: Members
}

async function call({ details, body, path = '/payments', claims }: Call) {
  const method = body === undefined ? 'GET' : 'POST'
  const token = await stage.token({ authorization_details: details, ...claims })
  const fields = dpopFields(token, await stage.proof({ token, method, path }))
  const answer = await stage.send({
    method,
    path,
    fields,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  expect(stage.errors).toEqual([])
  return answer
}

const REFUSED = { status: 403, body: { error: 'insufficient_scope' } }

describe('a payment', () => {
  test('that was consented to', async () => {
    const answer = await call({ details: [ACCOUNTS, PAYMENT], body: ORDER })
    expect(answer).toMatchObject({ status: 201, body: { status: 'accepted', ...ORDER } })
    const more = { ...ORDER, remittanceInformationUnstructured: 'No. 7' }
    expect((await call({ details: [PAYMENT], body: more })).status).toBe(201)
  })

  test.for([
    ['no details', undefined],
    ['details of another type', [ACCOUNTS]],
  ] as const)('by a token with %s', async ([, details]) => {
    const answer = await call({ details, body: ORDER })
    expect(answer).toMatchObject(REFUSED)
    const sentence = 'The token has an authorization detail of the type that this route asks.'
    expect(answer.challenges).toContain(
      dpop('insufficient_scope', `RFC9396-9: ${sentence}`, ', scope="payments"'),
    )
  })

  test.for([
    ['a cent more', { instructedAmount: { currency: 'EUR', amount: '12.51' } }],
    ['another spelling of the amount', { instructedAmount: { currency: 'EUR', amount: '12.5' } }],
    ['another currency', { instructedAmount: { currency: 'USD', amount: '12.50' } }],
    ['another name', { creditorName: 'Shop ' }],
    ['another account', { creditorAccount: { iban: 'DE02100100109307118604' } }],
  ] as const)('with %s', async ([, change]) => {
    const answer = await call({ details: [PAYMENT], body: { ...ORDER, ...change } })
    expect(answer).toMatchObject(REFUSED)
    expect(answer.challenges).toEqual([
      'DPoP error="insufficient_scope", error_description="RFC9396-9: The end-user has not consented to this payment."',
    ])
  })

  test('put together from two that were consented to', async () => {
    const other = { ...PAYMENT, instructedAmount: { currency: 'EUR', amount: '99.00' } }
    const elsewhere = { ...other, creditorAccount: { iban: 'DE02100100109307118604' } }
    const body = { ...ORDER, instructedAmount: other.instructedAmount }
    expect(await call({ details: [PAYMENT, elsewhere], body })).toMatchObject(REFUSED)
    expect((await call({ details: [PAYMENT, other], body })).status).toBe(201)
  })

  test.for([
    ['text', 'amount'],
    ['null', null],
    ['no amount', { ...ORDER, instructedAmount: undefined }],
    [
      'an amount that is a number',
      { ...ORDER, instructedAmount: { currency: 'EUR', amount: 12.5 } },
    ],
    ['no creditor', { ...ORDER, creditorName: undefined }],
    ['no account', { ...ORDER, creditorAccount: {} }],
  ] as const)('that is %s', async ([, body]) => {
    const details = [PAYMENT, { type: PAYMENT.type }]
    const answer = await call({ details, body })
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })

  test('by mutual TLS is refused in that scheme', async () => {
    const { alice } = stage.certificates
    const cnf = { 'x5t#S256': x5t(alice) }
    const token = await stage.token({ cnf, authorization_details: [PAYMENT] })
    const send = (body: object) =>
      stage.send({
        method: 'POST',
        path: '/payments',
        fields: [['Authorization', `Bearer ${token}`]],
        certificate: alice,
        body: JSON.stringify(body),
      })
    expect((await send(ORDER)).status).toBe(201)
    expect((await send({ ...ORDER, creditorName: 'Me' })).challenges).toEqual([
      'Bearer error="insufficient_scope", error_description="RFC9396-9: The end-user has not consented to this payment."',
    ])
  })
})

describe('an account', () => {
  const see = (id: string, details: unknown = [ACCOUNTS]) =>
    call({ details, path: `/accounts/${id}` })

  test('that was consented to', async () => {
    expect(await see('NL00HOLD0000000002')).toMatchObject({
      status: 200,
      body: { name: 'Savings' },
    })
  })

  test.for([
    ['another', 'NL00HOLD0000000001'],
    ['one that does not exist', 'NL00HOLD0000000003'],
    ['another letter case', 'nl00hold0000000002'],
  ] as const)('%s', async ([, id]) => {
    const answer = await see(id)
    expect(answer).toMatchObject(REFUSED)
    expect(answer.challenges).toEqual([
      'DPoP error="insufficient_scope", error_description="RFC9396-9: The end-user has not consented to this account."',
    ])
  })

  test.for([
    ['none', [{ type: ACCOUNTS.type }]],
    ['an empty list', [{ type: ACCOUNTS.type, accounts: [] }]],
    ['text', [{ type: ACCOUNTS.type, accounts: 'NL00HOLD0000000002' }]],
    ['payments', [PAYMENT]],
  ] as const)('where the details name %s', async ([, details]) => {
    expect(await see('NL00HOLD0000000002', details)).toMatchObject(REFUSED)
  })

  test('that was consented to and does not exist', async () => {
    const details = [{ type: ACCOUNTS.type, accounts: [{ iban: 'NL00HOLD0000000003' }] }]
    expect((await see('NL00HOLD0000000003', details)).status).toBe(404)
  })
})

test('a second factor, a moment ago', async () => {
  const path = '/step-up'
  const time = Math.floor(stage.clock.now / 1000)
  const claims = { acr: 'urn:holdfast:mfa', auth_time: time - 300 }
  expect(await call({ path, claims })).toMatchObject({ status: 200, body: claims })
  for (const edit of [{ acr: 'urn:holdfast:pwd' }, { auth_time: time - 301 }]) {
    const answer = await call({ path, claims: { ...claims, ...edit } })
    expect(answer).toMatchObject({
      status: 401,
      body: { error: 'insufficient_user_authentication' },
    })
    expect(answer.challenges.join()).toContain('acr_values="urn:holdfast:mfa", max_age="300"')
  }
})

test('what is no detail is none', () => {
  const claims = { authorization_details: [null, 'text', { type: 'one' }, { type: 'other' }] }
  expect(authorizationDetailsOf(claims, 'one')).toEqual([{ type: 'one' }])
  expect(authorizationDetailsOf({}, 'one')).toEqual([])
})
