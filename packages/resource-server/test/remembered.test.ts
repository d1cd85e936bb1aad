/** What was accepted is not parsed again; every request is decided anew, by facts of its own. */
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jwtTokens } from '../src/index.ts'
import { x5t } from './certificates.ts'
import { ISSUER } from './mint.ts'
import { type Outgoing, raise, START } from './stage.ts'

const stage = await raise({ explain: true })
const { alice, bob } = stage.certificates
afterAll(() => stage.close())

const token = await stage.token({ cnf: { 'x5t#S256': x5t(alice) }, exp: START / 1000 + 300 })
const request: Outgoing = { fields: [['Authorization', `Bearer ${token}`]], certificate: alice }
beforeAll(() => stage.send(request))

const later = async (seconds: number) => {
  stage.clock.now += seconds * 1000
  const answer = await stage.send(request)
  stage.clock.now -= seconds * 1000
  return answer
}

test.for([
  ['RFC9068-4-6', 'it has expired', () => later(300)],
  ['RFC8705-3', 'another certificate', () => stage.send({ ...request, certificate: bob })],
  ['RFC8705-3', 'no certificate', () => stage.send({ fields: request.fields ?? [] })],
  [
    'RFC6750-2',
    'a token in the query as well',
    () => stage.send({ ...request, path: '/accounts?access_token=a' }),
  ],
  [
    'RFC9110-11.6.2',
    'two fields of which one is the same',
    () => stage.send({ ...request, fields: [...request.fields!, ...request.fields!] }),
  ],
  [
    'RFC9449-6',
    'the same token as DPoP',
    () => stage.send({ ...request, fields: [['Authorization', `DPoP ${token}`]] }),
  ],
] as const)('%s: a token that was accepted, and now %s', async ([clause, , send]) => {
  const { status, body } = await send()
  expect(status).toBe(clause === 'RFC6750-2' || clause === 'RFC9110-11.6.2' ? 400 : 401)
  expect(body['error_description']).toMatch(new RegExp(`^${clause}: `))
  expect((await later(299)).status).toBe(200)
  expect(stage.errors).toEqual([])
})

test('a reader of tokens may have promises of its own', async () => {
  const ours = jwtTokens({ issuer: ISSUER, fetch: stage.issuer.fetch, now: () => stage.clock.now })
  const Foreign: typeof Promise = runInNewContext('Promise')
  expect(new Foreign(() => {})).not.toBeInstanceOf(Promise)
  const waiting: typeof ours = (text) => new Foreign((done) => done(ours(text)))
  const own = await raise({ clock: stage.clock, route: { tokens: waiting, issuer: ISSUER } })
  const signed = await stage.token({ cnf: { 'x5t#S256': x5t(own.certificates.alice) } })
  const fields = [['Authorization', `Bearer ${signed}`]] as const
  const { alice: certificate } = own.certificates
  expect((await own.send({ fields, certificate })).body).toEqual({ through: true })
  expect((await own.send({ fields })).status).toBe(401)
  await own.close()
})
