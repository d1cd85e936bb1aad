/**
 * The attacks on proofs, at the token endpoint and where authorization requests are pushed: each is
 * refused by its own clause, with the exact error, and accepted when that row is taken out. Afterwards
 * the honest request is served.
 */
import { createHash, createPrivateKey } from 'node:crypto'
import {
  atIssuer,
  ATTACKS_AT_ISSUER,
  CATALOGUE,
  type Issuing,
  judge,
  readAnswer,
  type Scene,
  setScene,
  signJwt,
  type Stage,
} from '@holdfast/attacks'
import type { ClientMaterial } from '@holdfast/client'
import { ReplayMemoryInProcess } from '@holdfast/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resourcesOf } from '../../src/addresses.ts'
import { startPrivate } from '../../src/attach.ts'
import { readConfiguration } from '../../src/configuration.ts'
import { makeStage } from '../../src/flows/stage.ts'
import type { IssuerOptions } from '../../src/servers/authorization-server.ts'
import { forgetful } from './lacking.ts'
import { settledMemory } from './settled-memory.ts'

let lab: Awaited<ReturnType<typeof startPrivate>>
let stage: Stage
let client: ClientMaterial

beforeAll(async () => {
  lab = await startPrivate(readConfiguration())
  stage = await makeStage(lab)
  client = await lab.material('private-key-jwt-dpop')
})
afterAll(() => lab.close())

const seconds = (): number => Math.floor(Date.now() / 1_000)

/** RFC 7523 §2.2, by the client's own key. */
async function assertion(): Promise<Record<string, string>> {
  const { clientId, issuer, key } = client
  if (!key) throw new Error('the client has no key')
  const { alg, kid, kty } = key
  const privateKey = createPrivateKey({ key: { ...key }, format: 'jwk' })
  const jti = crypto.randomUUID()
  const claims = { iss: clientId, sub: clientId, aud: issuer, jti, exp: seconds() + 60 }
  return {
    client_id: clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await signJwt(
      { privateKey, publicJwk: { kty: String(kty) }, alg: alg === 'PS256' ? 'PS256' : 'ES256' },
      { header: { kid }, claims },
    ),
  }
}

const ENDPOINTS: { readonly [path: string]: () => Promise<Record<string, string>> } = {
  '/token': async () => ({
    ...(await assertion()),
    grant_type: 'client_credentials',
    scope: 'accounts',
    resource: resourcesOf(lab.addresses.resource).jwt,
  }),
  '/par': async () => ({
    ...(await assertion()),
    response_type: 'code',
    redirect_uri: client.redirectUri,
    scope: 'openid accounts',
    code_challenge: createHash('sha256').update('v'.repeat(43)).digest('base64url'),
    code_challenge_method: 'S256',
  }),
}

const SUCCESS: { readonly [path: string]: number } = { '/token': 200, '/par': 201 }

type Situations = { readonly [situation: string]: () => IssuerOptions }

const situations: Situations = {
  'fresh-memory': () => ({ memory: new ReplayMemoryInProcess() }),
}

const INVALID_PROOF = { status: 400, error: 'invalid_dpop_proof' }

const idsOf = (clause: keyof typeof CATALOGUE): readonly string[] =>
  CATALOGUE[clause].map(({ id }) => id)

/** When the client is known, its profile says by what it may sign. */
const BEYOND_ITS_PROFILE = { clause: 'FAPI2SP-5.4.1-1', ids: idsOf('RFC9449-4.3-5') }

/** What has no key that could be read is no proof, and a token needs one. */
const WITHOUT_KEY = {
  clause: 'RFC9449-5',
  ids: [...idsOf('RFC9449-4.3-2'), 'proof/no-jwk', 'proof/jwk-in-text', 'proof/symmetric-jwk'],
}

describe.for(Object.keys(ENDPOINTS))('at %s', (path) => {
  const scene = async (options: IssuerOptions = {}): Promise<Scene> => {
    await lab.experimentWithIssuer({ memory: settledMemory(), ...options })
    const issuing: Issuing = { url: lab.addresses.issuer + path, form: ENDPOINTS[path]! }
    return atIssuer(await setScene(stage), issuing)
  }
  const attacks = ATTACKS_AT_ISSUER.filter(
    ({ situation }) => situation === undefined || situation in situations,
  )

  test.for(attacks)('$id is refused by $clause', async (attack) => {
    const answer = await attack.play(await scene(situations[attack.situation ?? '']?.()))
    expect(judge(attack, answer, true)).toEqual({
      refused: true,
      actual: `${attack.answer.status} ${attack.answer.error} ${attack.clause}`,
    })
  })

  // Who sends a proof twice sends an assertion twice: hence the records.
  test.for(attacks)(
    '$id is accepted without that row, or by what stands behind it not',
    async (attack) => {
      const rowsOut = [attack.clause, ...(attack.overlaps ?? [])]
      const situation = situations[attack.situation ?? '']?.()
      const made = await scene({ rowsOut, records: forgetful(lab.records), ...situation })
      const behind = [BEYOND_ITS_PROFILE, ...(path === '/token' ? [WITHOUT_KEY] : [])]
      const held = behind.find(({ ids }) => ids.includes(attack.id))
      expect(readAnswer(await attack.play(made))).toEqual(
        held ? { ...INVALID_PROOF, clause: held.clause } : { status: SUCCESS[path] },
      )
    },
  )

  test('afterwards the honest request is served', async () => {
    const { byDpop, send } = await scene()
    expect((await send(await byDpop())).status).toBe(SUCCESS[path])
  })
})
