/**
 * Every attack is proven twice on the real lab: refused by its own clause with the whole table, and
 * accepted when that row (and those recorded as overlapping) is taken out. Afterwards the honest
 * request is served.
 */
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import {
  type Attack,
  ATTACKS,
  CATALOGUE,
  judge,
  readAnswer,
  setScene,
  type Stage,
  STATUS_LIST_URI,
} from '@holdfast/attacks'
import { openAuthority, publishStatus, STATUS_FILE } from '@holdfast/ca'
import { revoked } from '@holdfast/ca/fixtures'
import { type CertificateValidation, certificateValidation } from '@holdfast/ca/validation'
import { openConnection, readMaterial } from '@holdfast/client'
import {
  type CertificateStatus,
  type Fetch,
  introspectedTokens,
  type IntrospectionOptions,
  jwtTokens,
  type TokenReader,
} from '@holdfast/resource-server'
import type { ApiOptions } from '@holdfast/resource-server/api'
import { type Clause, ROWS } from '@holdfast/sender-constraint'
import { ReplayMemoryInProcess } from '@holdfast/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPrivate } from '../../src/attach.ts'
import { readConfiguration } from '../../src/configuration.ts'
import { RESOURCE_SERVER_CLIENT } from '../../src/clients/clients.ts'
import { makeStage } from '../../src/flows/stage.ts'
import { decodeJwt } from '../../src/tell/jwt.ts'
import { lostMeanwhile, settledMemory } from './settled-memory.ts'

type PrivateLab = Awaited<ReturnType<typeof startPrivate>>
let lab: PrivateLab
let stage: Stage
let validation: CertificateValidation
let withoutLists: CertificateValidation

beforeAll(async () => {
  lab = await startPrivate(readConfiguration())
  const { certs } = lab.folders
  const authority = await openAuthority(certs)
  const made = await makeStage(lab)
  const { certificate } = made.mtls
  const honest = { certificate: certificate.chain, ...certificate }
  stage = {
    ...made,
    certificates: { ...made.certificates, revoked: await revoked(authority, honest) },
    proxy: await authority.client('reverse-proxy', { subject: PROXY }),
  }
  await publishStatus(authority.context)
  validation = certificateValidation({
    roots: authority.trust,
    status: [join(certs, STATUS_FILE)],
  })
  const { trust: roots, issuing: intermediates } = authority
  withoutLists = certificateValidation({ roots, intermediates, status: [] })
})
afterAll(() => {
  validation.close()
  withoutLists.close()
  return lab.close()
})

const asking =
  (by: CertificateValidation): CertificateStatus =>
  (...question) =>
    by.validate(...question)

const PROXY = 'CN=reverse-proxy'

const ROOM = { records: 1_000, perOwner: 1_000 }

const situations: Record<NonNullable<Attack['situation']>, () => Partial<ApiOptions>> = {
  'settled-memory': () => ({ memory: settledMemory() }),
  'fresh-memory': () => ({ memory: new ReplayMemoryInProcess() }),
  'memory-lost-meanwhile': () => ({ memory: lostMeanwhile() }),
  'full-memory': () => ({ memory: settledMemory({ ...ROOM, records: 0 }) }),
  'one-proof-quota': () => ({ memory: settledMemory({ ...ROOM, perOwner: 1 }) }),
  'nonce-required': () => ({ nonce: 'required' }),
  'issuer-unreachable': () => ({
    jwtTokens: jwtTokens({
      issuer: lab.addresses.issuer,
      fetch: () => Promise.reject(new TypeError('connection refused')),
    }),
  }),
  mislabelled: () => ({ opaqueTokens: mislabelling }),
  'plain-introspection': () => ({ opaqueTokens: introspecting({ fetch: withoutSignatures }) }),
  'status-required': () => ({ status: 'required', jwtTokens: jwtWithStatus(serveStatusList) }),
  'status-list-unreachable': () => ({
    status: 'required',
    jwtTokens: jwtWithStatus(() => Promise.reject(new TypeError('connection refused'))),
  }),
  'acr-required': () => ({ acrValues: ['urn:example:two-factors'] }),
  'payment-consent-required': () => ({ authorizationDetails: 'payment_initiation' }),
  'recent-login-required': () => ({ maxAge: 300 }),
  'behind-a-proxy': () => ({
    hops: {
      isHop: ({ subject }) => subject === PROXY,
      vouched: (certificate) => validation.validate(certificate, [], 'client').ok,
      format: 'client-cert',
    },
  }),
  'pki-trust': () => ({ certificateTrust: 'pki', certificateStatus: asking(validation) }),
  'certificate-status-unreachable': () => ({
    certificateTrust: 'pki',
    certificateStatus: asking(withoutLists),
  }),
}

/** A connection of its own for each request: a reader of these tests lives for one attack. */
const labFetch = (async (url, init) => {
  const { trust } = await readMaterial(join(lab.folders.state, RESOURCE_SERVER_CLIENT))
  const { fetch, close } = openConnection({ trust })
  const response = await fetch(url, init)
  void close() // once the answer is read
  return response
}) satisfies Fetch

/** Somebody in between, who takes the issuer's signature off its introspection responses. */
const withoutSignatures: Fetch = async (url, init) => {
  const response = await labFetch(url, init)
  if (!response.headers.get('content-type')?.includes('token-introspection+jwt')) return response
  return Response.json(decodeJwt(await response.text())?.claims['token_introspection'])
}

const jwtWithStatus = (serve: () => ReturnType<Fetch>): TokenReader =>
  jwtTokens({
    issuer: lab.addresses.issuer,
    fetch: (url, init) => (url === STATUS_LIST_URI ? serve() : labFetch(url, init)),
    statusListUris: [STATUS_LIST_URI],
  })

// Two bits for each token: valid, revoked, suspended, and a value without a meaning.
async function serveStatusList(): Promise<Response> {
  const lst = deflateSync(Buffer.from([0b11_10_01_00])).toString('base64url')
  const claims = { sub: STATUS_LIST_URI, status_list: { bits: 2, lst } }
  return new Response(await stage.forge?.({ header: { typ: 'statuslist+jwt' }, claims }))
}

const introspecting =
  (more: Partial<IntrospectionOptions> = {}): TokenReader =>
  async (text) => {
    const { key, issuer } = await readMaterial(join(lab.folders.state, RESOURCE_SERVER_CLIENT))
    const clientId = RESOURCE_SERVER_CLIENT
    const own = { issuer, clientId, key: { ...key! }, signed: 'required' } as const
    return introspectedTokens({ ...own, fetch: labFetch, ...more })(text)
  }

const mislabelling: TokenReader = async (text) => {
  const token = await introspecting()(text)
  return token.form === 'opaque'
    ? { ...token, claims: { ...token.claims, token_type: 'Bearer' } }
    : token
}

async function play(attack: Attack, without: readonly Clause[] = []) {
  const rows = ROWS.filter(({ clause }) => !without.includes(clause))
  const situation = attack.situation ? situations[attack.situation]() : {}
  lab.experiment({ rows, memory: settledMemory(), ...situation })
  return attack.play(await setScene(stage))
}

/** Clause and sentence of each row that has refused an attack. */
const refusals = new Set<string>()

describe.for(ATTACKS)('$id: $title', (attack) => {
  const overlaps = attack.overlaps ?? []

  test(`is refused by ${attack.clause}`, async () => {
    const answer = await play(attack)
    refusals.add(String(JSON.parse(answer.body).error_description))
    expect(judge(attack, answer, true)).toEqual({
      refused: true,
      actual: [attack.answer.status, attack.answer.error, attack.clause].filter(Boolean).join(' '),
    })
  })

  test('is accepted when that row is taken out, and those that overlap', async () => {
    const { status } = readAnswer(await play(attack, [attack.clause, ...overlaps]))
    expect(status).toBe(200)
  })

  test.runIf(overlaps.length > 0).for([...overlaps])('%s really overlaps', async (overlap) => {
    const others = overlaps.filter((clause) => clause !== overlap)
    const { clause } = readAnswer(await play(attack, [attack.clause, ...others]))
    expect(clause).toBe(overlap)
  })
})

// Several rows share a clause, and an attack for one of them says nothing about the others.
test('every row of the table has refused an attack', () => {
  expect(ROWS.map(({ clause, sentence }) => `${clause}: ${sentence}`).toSorted()).toEqual(
    [...refusals].toSorted(),
  )
})

test('a clause without an attack does not compile, nor does an empty list of them', () => {
  const { 'RFC9449-9': attacks, ...others } = CATALOGUE
  // @ts-expect-error RFC9449-9 has none
  const missing: Complete = others
  // @ts-expect-error it has none either
  const empty: Complete = { ...others, 'RFC9449-9': [] }
  const complete: Complete = { ...others, 'RFC9449-9': attacks }
  expect([missing, empty, complete].map((one) => one['RFC9449-9']?.length ?? 0)).toEqual([0, 0, 1])
  expect(new Set(ATTACKS.map(({ id }) => id)).size).toBe(ATTACKS.length)
})
type Complete = Record<Clause, readonly [Attack, ...Attack[]]>

test('after all that the honest requests are served', async () => {
  lab.experiment()
  const scene = await setScene(stage)
  expect((await scene.send(await scene.byDpop())).status).toBe(200)
  expect((await scene.send(scene.byMtls())).status).toBe(200)
})

test('so they are where trust is pki, and through the proxy', async () => {
  const options = { ...situations['pki-trust'](), ...situations['behind-a-proxy']() }
  lab.experiment({ rows: ROWS, memory: settledMemory(), ...options })
  const scene = await setScene(stage)
  expect((await scene.send(scene.byMtls())).status).toBe(200)
  expect((await scene.send(scene.byProxy())).status).toBe(200)
  lab.experiment()
})
