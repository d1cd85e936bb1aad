/**
 * Every attack on the authorization server is an honest request with one edit, and is proven twice:
 * refused by its own clause with the exact error, and served without the edit. So it was the edit
 * that was refused, and afterwards the honest request still works. Where what refuses it is a check of
 * ours that can be taken out, that is done, and the attack succeeds.
 */
import { join } from 'node:path'
import {
  type IssuerScene,
  judge,
  readAnswer,
  SERVER_ATTACKS,
  setIssuerScene,
} from '@holdfast/attacks'
import type { AuthorizationServerOptions, CertificateJudge } from '@holdfast/authorization-server'
import { openAuthority, STATUS_FILE } from '@holdfast/ca'
import {
  type CertificateValidation,
  certificateValidation,
  subjectMatches,
} from '@holdfast/ca/validation'
import { aroundRecords, type Records } from '@holdfast/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPrivate } from '../src/attach.ts'
import { readConfiguration } from '../src/configuration.ts'
import { makeIssuerStage } from '../src/flows/issuer-stage.ts'

let lab: Awaited<ReturnType<typeof startPrivate>>
let scene: IssuerScene
let validation: CertificateValidation
beforeAll(async () => {
  lab = await startPrivate(readConfiguration())
  scene = await setIssuerScene(await makeIssuerStage(lab))
  const { certs } = lab.folders
  const { trust: roots } = await openAuthority(certs)
  validation = certificateValidation({ roots, status: [join(certs, STATUS_FILE)] })
})
afterAll(() => {
  validation.close()
  return lab.close()
})

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

/** What a server can lack, and which attacks it falls for then. */
const LACKING: {
  readonly [check: string]: {
    readonly instead: () => Partial<AuthorizationServerOptions>
    readonly attacks: readonly string[]
  }
} = {
  'path, purpose and revocation of certificates': {
    instead: () => ({ certificates: { authorized: () => true, subjectMatches } }),
    attacks: [
      'certificate-expired',
      'certificate-to-come',
      'certificate-revoked',
      'certificate-of-another-authority',
      'certificate-that-names-our-authority',
      'certificate-signed-by-itself',
      'certificate-for-servers',
      'certificate-of-an-authority',
    ],
  },
  'the name in a certificate': {
    instead: () => ({ certificates: { authorized: isAuthorized, subjectMatches: () => true } }),
    attacks: ['certificate-of-another-client', 'certificate-with-a-confusable-name'],
  },
  'the memory of what was used': {
    instead: () => ({ records: forgetful(lab.records) }),
    attacks: ['code-twice', 'assertion-twice', 'device-code-twice', 'auth-req-id-twice'],
  },
}

describe.for(Object.entries(LACKING))(
  'a server without %s falls for',
  ([, { instead, attacks }]) => {
    beforeAll(() => lab.experimentWithIssuer(instead()))
    afterAll(() => lab.experimentWithIssuer())

    test.for(attacks)('server/%s', async (name) => {
      const attack = SERVER_ATTACKS.find(({ id }) => id === `server/${name}`)
      expect(attack && readAnswer(await attack.play(scene))).toEqual({ status: 200 })
    })
  },
)

const isAuthorized: CertificateJudge['authorized'] = (certificate) =>
  validation.validate(certificate, [], 'client').ok

/** Records of which nothing is ever said to have been used. */
function forgetful(records: Records): Records {
  const inner = aroundRecords(records, (call) => call())
  return {
    ...inner,
    add: async (record) => (await inner.add(record)) || true,
    consume: async (...which) => (await inner.consume(...which)) || true,
    find: async (...which) => {
      const { consumedAt: _, ...found } = (await inner.find(...which)) ?? {}
      return 'kind' in found ? found : undefined
    },
  }
}

test('each has a name of its own', () => {
  const ids = SERVER_ATTACKS.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
})
