/**
 * The attacks on the authorization server: each is refused by its own clause, with the exact error.
 * Before and after them, the honest requests that they edit are served.
 */
import {
  honest,
  type IssuerScene,
  judge,
  SERVER_ATTACKS,
  setIssuerScene,
  type WireResponse,
} from '@holdfast/attacks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPrivate } from '../src/attach.ts'
import { readConfiguration } from '../src/configuration.ts'
import { makeIssuerStage } from '../src/flows/issuer-stage.ts'

let lab: Awaited<ReturnType<typeof startPrivate>>
let scene: IssuerScene
beforeAll(async () => {
  lab = await startPrivate(readConfiguration())
  scene = await setIssuerScene(await makeIssuerStage(lab))
})
afterAll(() => lab.close())

const { member } = honest
const token = async () => member(await honest.clientCredentials(scene), 'access_token')
const redeemed = async () => honest.redeem(scene, await honest.code(scene))

const HONEST: { readonly [what: string]: readonly [() => Promise<WireResponse>, number] } = {
  'client credentials': [() => honest.clientCredentials(scene), 200],
  'those of the other client': [() => honest.clientCredentials(scene, { by: scene.attacker }), 200],
  'a pushed request': [() => honest.push(scene), 201],
  'a signed request': [() => honest.pushSigned(scene), 201],
  'a code': [redeemed, 200],
  'a refresh': [async () => honest.refresh(scene, member(await redeemed(), 'refresh_token')), 200],
  'a token exchange': [async () => honest.exchange(scene, await token()), 200],
  'a device code': [async () => honest.poll(scene, await honest.deviceCode(scene)), 200],
  'a request to ask an end-user': [() => honest.authenticate(scene), 200],
  'a registration': [() => honest.register(scene), 201],
}

const requestsAreServed = (): void => {
  test.for(Object.entries(HONEST))('%s is served', async ([, [request, status]]) => {
    const answer = await request()
    expect({ ...answer, fields: [] }).toEqual({ status, fields: [], body: expect.any(String) })
  })
}

describe('before', () => {
  requestsAreServed()
})

test.for(SERVER_ATTACKS)('$id is refused by $clause', async (attack) => {
  const { answer, clause } = attack
  expect(judge(attack, await attack.play(scene), true)).toEqual({
    refused: true,
    actual: `${answer.status} ${answer.error} ${clause}`,
  })
})

test('each has a name of its own', () => {
  const ids = SERVER_ATTACKS.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
})

describe('afterwards', () => {
  requestsAreServed()
})
