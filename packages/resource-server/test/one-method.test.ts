/** The answers on routes that take one method only, and on one that asks for both at once. */
import { afterAll, describe, expect, test } from 'vitest'
import { BEARER, bearer, DPOP, dpop, answerOf, refusal } from './answers.ts'
import { x5t } from './certificates.ts'
import { jkt } from './mint.ts'
import { dpopFields, raise } from './stage.ts'

const bearerField = (token: string) => [['Authorization', `Bearer ${token}`]] as const
const DOWNGRADED = 'A DPoP-bound token is not presented as Bearer.'
const CONSTRAINED = 'The token is constrained by a method in force here.'
const ONE_FIELD = 'There is at most one Authorization field, and it can be parsed.'

describe('DPoP only', async () => {
  const stage = await raise({ route: { methods: ['dpop'] } })
  const { alice } = stage.certificates
  afterAll(() => stage.close())

  test('the honest request', async () => {
    expect((await stage.send(await stage.honest())).status).toBe(200)
  })

  test('no credentials', async () => {
    expect(answerOf(await stage.send({}))).toEqual(refusal({ status: 401, challenges: [DPOP] }))
  })

  test('a malformed field', async () => {
    expect(answerOf(await stage.send({ fields: [['Authorization', 'Bearer']] }))).toEqual(
      refusal({
        status: 400,
        challenges: [dpop('invalid_request', ONE_FIELD)],
        error: 'invalid_request',
      }),
    )
  })

  test('a DPoP-bound token as Bearer', async () => {
    expect(answerOf(await stage.send({ fields: bearerField(await stage.token()) }))).toEqual(
      refusal({
        status: 401,
        challenges: [dpop('invalid_token', DOWNGRADED)],
        error: 'invalid_token',
      }),
    )
  })

  test('a certificate-bound token, with its certificate', async () => {
    const token = await stage.token({ cnf: { 'x5t#S256': x5t(alice) } })
    expect(answerOf(await stage.send({ fields: bearerField(token), certificate: alice }))).toEqual(
      refusal({
        status: 401,
        challenges: [dpop('invalid_token', CONSTRAINED)],
        error: 'invalid_token',
      }),
    )
  })
})

describe('mutual TLS only', async () => {
  const stage = await raise({ route: { methods: ['mtls'] } })
  const { alice } = stage.certificates
  const certificateBound = () => stage.token({ cnf: { 'x5t#S256': x5t(alice) } })
  afterAll(() => stage.close())

  test('the honest request', async () => {
    const fields = bearerField(await certificateBound())
    expect((await stage.send({ fields, certificate: alice })).status).toBe(200)
  })

  test('no credentials', async () => {
    expect(answerOf(await stage.send({}))).toEqual(refusal({ status: 401, challenges: [BEARER] }))
  })

  test('no certificate', async () => {
    expect(answerOf(await stage.send({ fields: bearerField(await certificateBound()) }))).toEqual(
      refusal({
        status: 401,
        challenges: [
          bearer('invalid_token', 'The certificate of this connection is the one in cnf.'),
        ],
        error: 'invalid_token',
      }),
    )
  })

  test('a DPoP-bound token with its proof', async () => {
    expect(answerOf(await stage.send(await stage.honest()))).toEqual(
      refusal({
        status: 401,
        challenges: [bearer('invalid_token', CONSTRAINED)],
        error: 'invalid_token',
      }),
    )
  })

  test('a certificate-bound token with the scheme DPoP', async () => {
    const token = await certificateBound()
    const fields = dpopFields(token, await stage.proof({ token }))
    expect(answerOf(await stage.send({ fields, certificate: alice }))).toEqual(
      refusal({
        status: 401,
        challenges: [
          bearer('invalid_token', 'A token presented with the scheme DPoP is DPoP-bound.'),
        ],
        error: 'invalid_token',
      }),
    )
  })
})

describe('both at once', async () => {
  const stage = await raise({ route: { require: 'all' } })
  const { alice } = stage.certificates
  afterAll(() => stage.close())

  test('a token bound to both, both proven', async () => {
    const token = await stage.token({ cnf: { jkt: jkt(stage.client), 'x5t#S256': x5t(alice) } })
    const request = await stage.honest({ token })
    expect((await stage.send({ ...request, certificate: alice })).status).toBe(200)
  })

  test('a token bound to one', async () => {
    expect(answerOf(await stage.send(await stage.honest()))).toEqual(
      refusal({
        status: 401,
        challenges: [BEARER, dpop('invalid_token', CONSTRAINED)],
        error: 'invalid_token',
      }),
    )
  })
})
