import { afterAll, expect, test } from 'vitest'
import { jkt, type Members } from './mint.ts'
import { dpopFields, raise } from './stage.ts'

const stage = await raise()
afterAll(() => stage.close())

async function send(
  method: string,
  path: string,
  { body, claims = {} }: { readonly body?: string; readonly claims?: Members } = {},
) {
  const token = await stage.token(claims)
  const fields = dpopFields(token, await stage.proof({ token, method, path }))
  return stage.send({ method, path, fields, ...(body !== undefined && { body }) })
}

test('accounts come with the cnf of the token', async () => {
  const answer = await send('GET', '/accounts')
  expect(answer.status).toBe(200)
  expect(answer.body['cnf']).toEqual({ jkt: jkt(stage.client) })
  expect(answer.headers['date']).toMatch(/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} .{8} GMT$/)
})

test.for([
  ['nothing', ''],
  ['no JSON', 'amount=1'],
  ['more than 64 KiB', `{"amount":"${'1'.repeat(64 * 1024)}"}`],
] as const)('a payment that is %s', async ([, body]) => {
  const details = { authorization_details: [{ type: 'payment_initiation' }] }
  expect(await send('POST', '/payments', { body, claims: details })).toMatchObject({
    status: 400,
    body: { error: 'invalid_request' },
  })
  expect(stage.errors).toEqual([])
})

test.for(['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD'])('%s /anything', async (method) => {
  expect((await send(method, '/anything')).status).toBe(200)
})

test('/anything shows what came, without the credentials', async () => {
  const { body } = await send('POST', '/anything', { body: '{"amount":"1.00"}' })
  expect(body).toMatchObject({
    method: 'POST',
    url: '/anything',
    body: '{"amount":"1.00"}',
    claims: { sub: 'alice' },
  })
  expect(JSON.stringify(body)).not.toMatch(/authorization|dpop|eyJ/i)
})

test('another method: 405, and which there are', async () => {
  const answer = await stage.send({ method: 'DELETE', path: '/accounts' })
  expect(answer.status).toBe(405)
  expect(answer.headers['allow']).toBe('HEAD, GET')
})

test('no such resource', async () => {
  expect(await stage.send({ path: '/nothing' })).toMatchObject({
    status: 404,
    body: { error: 'not_found' },
  })
})

test.for([
  ['c770aef3-6784-41f7-8e0e-ff5f97bddb3a', true],
  ['not an identifier', false],
  ['a'.repeat(65), false],
] as const)('x-fapi-interaction-id %s', async ([id, echoed]) => {
  const { headers } = await stage.send({ fields: [['X-FAPI-Interaction-ID', id]] })
  expect(headers['x-fapi-interaction-id']).toBe(echoed ? id : undefined)
})

test('rows can be taken out, for experiments', async () => {
  const open = await raise({ rows: [] })
  const broken = await stage.proof({ token: 'a', header: { jwk: {} }, path: '/anything' })
  for (const fields of [dpopFields('a.b.c'), dpopFields('a.b.c', broken)])
    expect((await open.send({ path: '/anything', fields })).status).toBe(200)
  const answer = await open.send({ path: '/anything' })
  expect(answer).toMatchObject({ status: 200, body: { claims: {} } })
  await open.close()
})
