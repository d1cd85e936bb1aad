/** What the soak of malformed requests has found, request by request. */
import { CompactSign } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clientCredentials, assertion, Prover, verdict } from '../stage/honest.ts'
import { startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'
import { pushedObject } from '../stage/request-object.ts'
import type { Outcome } from '../../src/index.ts'

let house: House
let prover: Prover
const outcomes: Outcome[] = []
beforeAll(async () => {
  const audit = (outcome: Outcome) => outcomes.push(outcome)
  house = await startHouse({ profiles: ['fapi2-message-signing'], audit })
  prover = await Prover.new()
})
afterAll(() => house.stop())

/** The same JWT with a member that nests three thousand deep; jose would not make it. */
function nesting(jwt: string, client: string): Promise<string> {
  const [header = '', payload = ''] = jwt.split('.')
  const claims = Buffer.from(payload, 'base64url').toString()
  const deep = `${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`
  return new CompactSign(Buffer.from(claims.replace(/}$/, `,"more":${deep}}`)))
    .setProtectedHeader(JSON.parse(Buffer.from(header, 'base64url').toString()))
    .sign(house.keys[client]!.key)
}

test('a request object that nests too deeply is refused, an honest one accepted', async () => {
  const { url, form = {} } = await pushedObject(house)
  const request = await nesting(String(form['request']), 'signing')
  const deep = await house.send({ url, form: { ...form, request } })
  expect(verdict(deep)).toEqual([400, 'invalid_request'])
  expect(deep.json['error_description']).toBe('a JWT of this request nests too deeply')
  expect(outcomes.at(-1)).toMatchObject({ outcome: 'refused', status: 400 })
  expect((await house.send(await pushedObject(house))).status).toBe(201)
})

test('a client assertion that nests too deeply is refused, an honest one accepted', async () => {
  const form = await assertion(house, 'web')
  const client_assertion = await nesting(form.client_assertion, 'web')
  const deep = await clientCredentials(house, prover, { ...form, client_assertion })
  expect(verdict(await house.send(deep))).toEqual([400, 'invalid_request'])
  expect((await house.send(await clientCredentials(house, prover))).status).toBe(200)
})

test('a proof that begins with a byte order mark is no proof', async () => {
  const request = await clientCredentials(house, prover)
  const [header = ''] = String(request.headers?.['dpop']).split('.')
  const claims = Buffer.from('\uFEFF{"jti":"a"}').toString('base64url')
  const dpop = `${header}.${claims}.AAAA`
  expect(verdict(await house.send({ ...request, headers: { dpop } }))).toEqual([
    400,
    'invalid_dpop_proof',
  ])
})
