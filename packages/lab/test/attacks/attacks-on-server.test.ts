/**
 * Every attack on the authorization server is an honest request with one edit, and is proven twice:
 * refused by its own clause with the exact error, and served without the edit. So it was the edit
 * that was refused, and afterwards the honest request still works. Where what refuses it is a check of
 * ours that can be taken out, that is done, and the attack succeeds.
 */
import { isDeepStrictEqual } from 'node:util'
import {
  type IssuerScene,
  judge,
  readAnswer,
  SERVER_ATTACKS,
  setIssuerScene,
  type WireResponse,
} from '@holdfast/attacks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPrivate } from '../../src/attach.ts'
import { readConfiguration } from '../../src/configuration.ts'
import { makeIssuerStage } from '../../src/flows/issuer-stage.ts'
import { LACKING } from './lacking.ts'

let lab: Awaited<ReturnType<typeof startPrivate>>
let scene: IssuerScene
beforeAll(async () => {
  lab = await startPrivate(readConfiguration())
  scene = await setIssuerScene(await makeIssuerStage(lab))
})
afterAll(() => lab.close())

/** Served, in whatever way, or with which answer not. RFC 9126 §2.2, RFC 7591 §3.2.1: 201. */
function outcome(response: WireResponse) {
  const answer = readAnswer(response)
  return [{ status: 200 }, { status: 201 }].some((served) => isDeepStrictEqual(answer, served))
    ? 'served'
    : answer
}

describe.for(SERVER_ATTACKS)('$id: $title', (attack) => {
  test(`is refused by ${attack.clause}`, async () => {
    const { answer, clause } = attack
    expect(judge(attack, await attack.play(scene), true)).toEqual({
      refused: true,
      actual: `${answer.status} ${answer.error} ${clause}`,
    })
  })

  test('is served without its edit', async () => {
    expect(outcome(await attack.honest(scene))).toBe('served')
  })
})

describe.for(Object.entries(LACKING))('a server without %s falls for', ([, { set, attacks }]) => {
  beforeAll(() => set(lab))
  afterAll(async () => {
    lab.experiment()
    await lab.experimentWithIssuer()
  })

  test.for(attacks)('server/%s', async (name) => {
    const attack = SERVER_ATTACKS.find(({ id }) => id === `server/${name}`)
    expect(attack && outcome(await attack.play(scene))).toBe('served')
  })
})

test('each has a name of its own', () => {
  const ids = SERVER_ATTACKS.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
})
