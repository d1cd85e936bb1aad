/**
 * Every attack on the authorization server is an honest request with one edit, and is proven twice:
 * refused by its own clause with the exact error, and served without the edit. So it was the edit
 * that was refused, and afterwards the honest request still works.
 */
import {
  type IssuerScene,
  judge,
  readAnswer,
  SERVER_ATTACKS,
  setIssuerScene,
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

describe.for(SERVER_ATTACKS)('$id: $title', (attack) => {
  test(`is refused by ${attack.clause}`, async () => {
    const { answer, clause } = attack
    expect(judge(attack, await attack.play(scene), true)).toEqual({
      refused: true,
      actual: `${answer.status} ${answer.error} ${clause}`,
    })
  })

  test('is served without its edit', async () => {
    const served = await attack.honest(scene)
    // RFC 9126 §2.2, RFC 7591 §3.2.1: 201 where something was made.
    expect([200, 201]).toContain(served.status)
    expect(readAnswer(served)).toEqual({ status: served.status })
  })
})

test('each has a name of its own', () => {
  const ids = SERVER_ATTACKS.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
})
