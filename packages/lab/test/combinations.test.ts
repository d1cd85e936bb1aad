/**
 * Every client authentication with every sender constraint by every grant reaches the API, and
 * whatever a client leaves out or gets wrong at the token endpoint, no token comes without `cnf`.
 */
import {
  approve,
  approveDevice,
  certificateThumbprint,
  type ClientMaterial,
  connect,
  type FapiClient,
  type Fetch,
  generateProofKey,
  makeProof,
  openConnection,
  type ProofKey,
  thumbprint,
  type Tokens,
} from '@holdfast/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resourcesOf } from '../src/addresses.ts'
import { startPrivate } from '../src/attach.ts'
import { CLIENTS, type LabClient } from '../src/clients/clients.ts'
import { readConfiguration } from '../src/configuration.ts'
import { CONSENT_FLOWS } from '../src/flows/consent-flows.ts'
import { runFlow } from '../src/flows/flows.ts'
import { GRANTS } from '../src/flows/grants.ts'
import { decodeJwt } from '../src/tell/jwt.ts'
import { settledMemory } from './settled-memory.ts'

let lab: Awaited<ReturnType<typeof startPrivate>>
let key: ProofKey

beforeAll(async () => {
  lab = await startPrivate(readConfiguration({ ephemeral: true }))
  // So that the answers are those of a server that has been up for a while.
  await lab.experimentWithIssuer({ memory: settledMemory() })
  key = await generateProofKey('ES256')
})
afterAll(() => lab.close())

test('there are six clients and five grants', () => {
  expect([CLIENTS.length, GRANTS.length]).toEqual([6, 5])
})

describe.for(['jwt', 'opaque'] as const)('with %s access tokens', (form) => {
  const flows = [...GRANTS, ...CONSENT_FLOWS]
  const all = CLIENTS.flatMap((client) => flows.map((grant) => ({ client, grant })))

  test.for(all)('$client.id reaches the API by $grant', async ({ client, grant }) => {
    const { status, cnf, expected, ok } = await runFlow(lab, { grant, client, form })
    const success = grant === 'rich_authorization' ? 201 : 200
    expect({ status, cnf, ok }).toEqual({ status: success, cnf: expected, ok: true })
    expect(Object.keys(expected)).toEqual([client.binding === 'dpop' ? 'jkt' : 'x5t#S256'])
  })
})

type Proof = 'no proof' | 'a proof' | 'a proof for another URL'
type Shown = 'no certificate' | 'its certificate' | 'another certificate'
type At = 'issuer' | 'mtlsAlias'

/** What is done to the requests that go to the token endpoint. */
interface Edit {
  readonly proof: Proof
  readonly shown: Shown
  readonly at: At
}

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

const PROOFS = ['no proof', 'a proof', 'a proof for another URL'] as const satisfies Proof[]
const SHOWN = [
  'no certificate',
  'its certificate',
  'another certificate',
] as const satisfies Shown[]
const AT = ['issuer', 'mtlsAlias'] as const satisfies At[]
const EDITS: readonly Edit[] = PROOFS.flatMap((proof) =>
  SHOWN.flatMap((shown) => AT.map((at) => ({ proof, shown, at }))),
)

async function certificateFor({ id }: LabClient, shown: Shown) {
  if (shown === 'no certificate') return undefined
  if (shown === 'its certificate') return (await lab.material(id)).certificate
  // Of a client of the same authority: a good certificate, and not this client's.
  const other = id === 'tls-client-auth-mtls' ? 'private-key-jwt-mtls' : 'tls-client-auth-mtls'
  return (await lab.material(other)).certificate
}

/** An honest client whose token requests are edited, and the answers that these got. */
async function edited(client: LabClient, edit: () => Edit | undefined) {
  const material = await lab.material(client.id)
  const answers: Answer[] = []
  const send =
    (base: Fetch): Fetch =>
    async (url, request = {}) => {
      const now = edit()
      if (!now || !url.endsWith('/token')) return base(url, request)
      const response = await sendEdited(material, await certificateFor(client, now.shown), {
        edit: now,
        request,
      })
      answers.push({ status: response.status, body: Object(await response.clone().json()) })
      return response
    }
  return { honest: await connect(material, { fetch: send }), answers }
}

async function sendEdited(
  { trust }: ClientMaterial,
  certificate: ClientMaterial['certificate'],
  { edit: { proof, at }, request }: { edit: Edit; request: NonNullable<Parameters<Fetch>[1]> },
): Promise<Response> {
  const connection = openConnection({ trust, ...(certificate && { certificate }) })
  const target = `${lab.addresses[at]}/token`
  const others = Object.entries(request.headers ?? {}).filter(([name]) => !/^dpop$/i.test(name))
  const url = proof === 'a proof' ? target : `${lab.addresses.resource}/token`
  const dpop = proof === 'no proof' ? {} : { dpop: await makeProof(key, { method: 'POST', url }) }
  const response = await connection.fetch(target, {
    ...request,
    headers: { ...Object.fromEntries(others), ...dpop },
  })
  await connection.close()
  return response
}

/** What the profile demands. Only the alias asks for a certificate. */
async function due(client: LabClient, { proof, shown, at }: Edit) {
  const certificate = at === 'mtlsAlias' ? await certificateFor(client, shown) : undefined
  const isAuthenticated =
    client.authentication === 'private_key_jwt' || (certificate && shown === 'its certificate')
  const refused = (error: string) => ({ status: 400, error, cnf: undefined })
  // A proof is looked at first, so that a client which must make another has spent no assertion.
  if (proof === 'a proof for another URL') return refused('invalid_dpop_proof')
  if (!isAuthenticated) return { status: 401, error: 'invalid_client', cnf: undefined }
  if (client.binding === 'dpop')
    return proof === 'no proof'
      ? refused('invalid_dpop_proof')
      : { status: 200, error: undefined, cnf: { jkt: thumbprint(key.publicJwk) } }
  if (!certificate || proof === 'a proof') return refused('invalid_request')
  const cnf = { 'x5t#S256': certificateThumbprint(certificate.chain) }
  return { status: 200, error: undefined, cnf }
}

const jwt = () => resourcesOf(lab.addresses.resource).jwt

const confirmed = ({ access_token: token }: Tokens) => decodeJwt(token)?.claims['cnf']

function got({ status, body: { error, access_token: token } }: Answer) {
  return { status, error, cnf: decodeJwt(String(token))?.claims['cnf'] }
}

describe.for(CLIENTS)('at the token endpoint, $id', (client) => {
  test.for(EDITS)('with $proof and $shown at the $at', async (edit) => {
    const { honest, answers } = await edited(client, () => edit)
    const resource = resourcesOf(lab.addresses.resource).jwt
    await honest.clientCredentials({ scope: 'accounts', resource }).catch(() => {})
    await honest.close()
    expect(answers.map(got)).toEqual([await due(client, edit)])
    // A refusal holds no token of any kind, a success nothing that is not constrained.
    for (const { status, body } of answers)
      expect(Object.keys(body).filter((name) => name.endsWith('_token'))).toEqual(
        status === 200 ? ['access_token'] : [],
      )
  })

  describe('exchanges a token of its own', () => {
    let subject: Tokens
    beforeAll(async () => {
      const { honest } = await edited(client, () => undefined)
      subject = await honest.clientCredentials({ scope: 'accounts', resource: jwt() })
      await honest.close()
    })

    test.for(EDITS)('with $proof and $shown at the $at', async (edit) => {
      const { honest, answers } = await edited(client, () => edit)
      await honest.exchange({ subject, resource: jwt() }).catch(() => {})
      await honest.close()
      const { status, error, cnf } = await due(client, edit)
      // RFC8693-4.4: a key of one's own does not make a token one's own.
      const isHolder = JSON.stringify(cnf) === JSON.stringify(confirmed(subject))
      const stolen = { status: 400, error: 'invalid_request', cnf: undefined }
      expect(answers.map(got)).toEqual([
        status === 200 && !isHolder ? stolen : { status, error, cnf },
      ])
    })
  })

  const theft: readonly Edit[] = [
    { proof: 'no proof', shown: 'no certificate', at: 'issuer' },
    { proof: 'no proof', shown: 'no certificate', at: 'mtlsAlias' },
    { proof: 'a proof for another URL', shown: 'its certificate', at: 'mtlsAlias' },
  ]
  const byAnotherKey: Edit = { proof: 'a proof', shown: 'its certificate', at: 'mtlsAlias' }

  // For an mTLS client a proof is one mechanism too many; a DPoP client pushed another dpop_jkt.
  test.for([...theft, byAnotherKey])(
    'exchanges no code with $proof and $shown at the $at',
    async (edit) => {
      const { honest, answers } = await edited(client, () => edit)
      expect(await codeFlow(honest).catch(() => 'refused')).toBe('refused')
      await honest.close()
      expect(answers).toHaveLength(1)
      expect(answers[0]?.status).toBeGreaterThanOrEqual(400)
      expect(answers[0]?.body).not.toHaveProperty('access_token')
    },
  )

  test.for(theft)('refreshes nothing with $proof and $shown at the $at', async (edit) => {
    let now: Edit | undefined
    const { honest, answers } = await edited(client, () => now)
    const tokens = await codeFlow(honest)
    now = edit
    expect(await honest.refresh(tokens).catch(() => 'refused')).toBe('refused')
    now = undefined
    // FAPI 2.0 SP §5.3.2.1-10: a failed attempt costs the client nothing.
    const again = await honest.refresh(tokens, { resource: lab.addresses.resource })
    await honest.close()
    expect(decodeJwt(again.access_token)?.claims['cnf']).toBeDefined()
    expect(answers.map(({ body }) => 'access_token' in body)).toEqual([false])
  })

  test('gives a device nothing of it, and then what is due', async () => {
    let now: Edit | undefined
    const { honest, answers } = await edited(client, () => now)
    const device = await honest.authorizeDevice({ scope: 'openid accounts', resource: jwt() })
    const browser = openConnection({ trust: honest.material.trust })
    const url = device.verificationUriComplete ?? device.verificationUri
    await approveDevice(url, { fetch: browser.fetch, user: USER })
    await browser.close()
    const expected = []
    for (const edit of theft) {
      now = edit
      expect(await device.tokens().catch(() => 'refused')).toBe('refused')
      expected.push(await due(client, edit))
    }
    now = undefined
    const tokens = await device.tokens()
    await honest.close()
    expect(answers.map(got)).toEqual(expected)
    expect(Object.keys(Object(confirmed(tokens)))).toEqual([
      client.binding === 'dpop' ? 'jkt' : 'x5t#S256',
    ])
  })

  // RFC 9449 §5: a confidential client's refresh token is bound to the client, not to the key.
  test.runIf(client.binding === 'dpop')('refreshes to a token for the key that asks', async () => {
    let now: Edit | undefined
    const { honest, answers } = await edited(client, () => now)
    const tokens = await codeFlow(honest)
    now = byAnotherKey
    await honest.refresh(tokens, { resource: lab.addresses.resource })
    await honest.close()
    expect(answers.map(got)).toEqual([
      { status: 200, error: undefined, cnf: { jkt: thumbprint(key.publicJwk) } },
    ])
  })
})

const USER = { login: 'alice', password: 'doe' }

async function codeFlow(client: FapiClient) {
  const authorization = await client.authorize({
    scope: 'openid accounts offline_access',
    resource: lab.addresses.resource,
    parameters: { prompt: 'consent' },
  })
  const browser = openConnection({ trust: client.material.trust })
  const { redirectUri } = client.material
  try {
    const back = await approve(authorization.url, { fetch: browser.fetch, user: USER, redirectUri })
    return await authorization.callback(back)
  } finally {
    await browser.close()
  }
}
