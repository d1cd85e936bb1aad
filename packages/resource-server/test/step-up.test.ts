/** RFC 9470: the challenge that sends the client back for another login. */
import { expect, onTestFinished, test } from 'vitest'
import { answerOf, BEARER, bearer, DPOP, dpop, refusal } from './answers.ts'
import { x5t } from './certificates.ts'
import type { Members } from './mint.ts'
import { raise, type Scenery, type Stage } from './stage.ts'

const ERROR = 'insufficient_user_authentication'
const ACR = 'The user was authenticated in a way that this route asks.'
const AGE = 'The user was authenticated as recently as this route asks.'

async function set(route: Scenery['route']): Promise<Stage> {
  const stage = await raise({ route: route ?? {} })
  onTestFinished(() => stage.close())
  return stage
}
const send = async (stage: Stage, claims: Members) =>
  stage.send(await stage.honest({ token: await stage.token(claims) }))

test('RFC9470-3: another acr is told which ones would do, the best first', async () => {
  const stage = await set({ acrValues: ['urn:gold', 'urn:silver'] })
  expect((await send(stage, { acr: 'urn:silver' })).status).toBe(200)
  for (const claims of [{}, { acr: 'urn:bronze' }])
    expect(answerOf(await send(stage, claims))).toEqual(
      refusal({
        status: 401,
        challenges: [BEARER, dpop(ERROR, ACR, ', acr_values="urn:gold urn:silver"')],
        error: ERROR,
      }),
    )
})

test('RFC9470-3: an old login is told how old it may be', async () => {
  const stage = await set({ maxAge: 300 })
  const at = (seconds: number) => ({ auth_time: stage.clock.now / 1000 - seconds })
  expect((await send(stage, at(300))).status).toBe(200)
  for (const claims of [{}, at(301)])
    expect(answerOf(await send(stage, claims))).toEqual(
      refusal({
        status: 401,
        challenges: [BEARER, dpop(ERROR, AGE, ', max_age="300"')],
        error: ERROR,
      }),
    )
})

test('a route that asks both says both, whichever was not met', async () => {
  const stage = await set({ acrValues: ['urn:gold'], maxAge: 0 })
  const auth_time = stage.clock.now / 1000
  const more = ', acr_values="urn:gold", max_age="0"'
  expect((await send(stage, { acr: 'urn:gold', auth_time })).status).toBe(200)
  expect((await send(stage, { auth_time })).challenges).toEqual([BEARER, dpop(ERROR, ACR, more)])
  expect((await send(stage, { acr: 'urn:gold' })).challenges).toEqual([
    BEARER,
    dpop(ERROR, AGE, more),
  ])
})

test('the challenge is that of the scheme used', async () => {
  const stage = await set({ acrValues: ['urn:gold'] })
  const { alice } = stage.certificates
  const token = await stage.token({ cnf: { 'x5t#S256': x5t(alice) } })
  const fields = [['Authorization', `Bearer ${token}`]] as const
  expect(answerOf(await stage.send({ fields, certificate: alice }))).toEqual(
    refusal({
      status: 401,
      challenges: [bearer(ERROR, ACR, ', acr_values="urn:gold"'), DPOP],
      error: ERROR,
    }),
  )
})

test('a token that does not grant the scope is told that first', async () => {
  const stage = await set({ acrValues: ['urn:gold'], scopes: ['admin'] })
  expect((await send(stage, {})).status).toBe(403)
})

test('a token that was stolen is told nothing of it', async () => {
  const stage = await set({ acrValues: ['urn:gold'] })
  const answer = await send(stage, { cnf: { jkt: 'A'.repeat(43) } })
  expect(answer.body['error']).toBe('invalid_token')
})
