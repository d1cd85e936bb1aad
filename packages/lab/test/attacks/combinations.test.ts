/**
 * Every client authentication with every sender constraint by every grant reaches the API, and
 * whatever a client leaves out or gets wrong at the token endpoint, no token comes without `cnf`:
 * the answer is the right error, with its clause, and costs nothing of what was presented.
 */
import {
  honest,
  type IssuerEdit,
  type IssuerScene,
  type Party,
  readAnswer,
  setIssuerScene,
  type WireResponse,
} from '@holdfast/attacks'
import {
  certificateThumbprint,
  generateProofKey,
  type ProofKey,
  thumbprint,
} from '@holdfast/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPrivate } from '../../src/attach.ts'
import { CLIENTS, type LabClient, PROFILE_CLIENTS } from '../../src/clients/clients.ts'
import { readConfiguration } from '../../src/configuration.ts'
import { CONSENT_FLOWS } from '../../src/flows/consent-flows.ts'
import { runFlow } from '../../src/flows/flows.ts'
import { GRANTS } from '../../src/flows/grants.ts'
import { makeIssuerStage, partyOf } from '../../src/flows/issuer-stage.ts'
import { decodeJwt } from '../../src/tell/jwt.ts'
import { settledMemory } from './settled-memory.ts'

let lab: Awaited<ReturnType<typeof startPrivate>>
let scene: IssuerScene
let another: ProofKey

beforeAll(async () => {
  lab = await startPrivate(readConfiguration({ ephemeral: true }))
  // So that the answers are those of a server that has been up for a while.
  await lab.experimentWithIssuer({ memory: settledMemory() })
  scene = await setIssuerScene(await makeIssuerStage(lab))
  another = await generateProofKey('ES256')
})
afterAll(() => lab.close())

test('there are six clients and five grants', () => {
  expect([CLIENTS.length, GRANTS.length]).toEqual([6, 5])
})

describe.for(['jwt', 'opaque'] as const)('with %s access tokens', (form) => {
  const flows = [...GRANTS, ...CONSENT_FLOWS]
  const all = CLIENTS.flatMap((client) => flows.map((grant) => ({ client, grant })))

  // At once: a device waits between its polls.
  test.concurrent.for(all)('$client.id reaches the API by $grant', async ({ client, grant }) => {
    const { status, cnf, expected, ok } = await runFlow(lab, { grant, client, form })
    const success = grant === 'rich_authorization' ? 201 : 200
    expect({ status, cnf, ok }).toEqual({ status: success, cnf: expected, ok: true })
    expect(Object.keys(expected)).toEqual([client.binding === 'dpop' ? 'jkt' : 'x5t#S256'])
  })
})

const PROOFS = ['no proof', 'its proof', 'another proof', 'a proof for another URL'] as const
const SHOWN = ['no certificate', 'its certificate', 'another certificate'] as const
const AT = ['issuer', 'mtlsAlias'] as const

/** What is done to a request at the token endpoint. */
interface Cell {
  readonly proof: (typeof PROOFS)[number]
  readonly shown: (typeof SHOWN)[number]
  readonly at: (typeof AT)[number]
}

const CELLS: readonly Cell[] = PROOFS.flatMap((proof) =>
  SHOWN.flatMap((shown) => AT.map((at) => ({ proof, shown, at }))),
)

interface Row {
  /** What the honest client gets, to present it at the token endpoint. */
  readonly prepare: (by: Party) => Promise<string>
  readonly present: (set: IssuerScene, prepared: string, edit: IssuerEdit) => Promise<WireResponse>
}

/** The table: every grant, and what of it is presented. */
const ROWS: Readonly<Record<(typeof GRANTS)[number] | 'ciba', Row>> = {
  client_credentials: {
    prepare: () => Promise.resolve(''),
    present: (set, _, edit) => honest.clientCredentials(set, edit),
  },
  authorization_code: { prepare: (by) => honest.code(scene, { by }), present: honest.redeem },
  refresh_token: {
    prepare: async (by) => {
      const redeemed = await honest.redeem(scene, await honest.code(scene, { by }), { by })
      return honest.member(redeemed, 'refresh_token')
    },
    present: honest.refresh,
  },
  device_code: { prepare: (by) => honest.deviceCode(scene, { by }), present: honest.poll },
  token_exchange: {
    prepare: (by) => honest.subjectToken(scene, { by }),
    present: honest.exchange,
  },
  ciba: {
    prepare: (by) => honest.authReqId(scene, { by }),
    present: honest.pollAuthentication,
  },
}
type Grant = keyof typeof ROWS

/** Used up by the token that it gives. */
const ONCE: ReadonlySet<Grant> = new Set(['authorization_code', 'device_code', 'ciba'])

async function certificateOf(id: string, { shown, at }: Pick<Cell, 'shown' | 'at'>) {
  // Only the alias asks for one.
  if (at === 'issuer' || shown === 'no certificate') return null
  if (shown === 'its certificate') return (await lab.material(id)).certificate ?? null
  // Of a client of the same authority: a good certificate, and not this client's.
  const other = id === 'tls-client-auth-mtls' ? 'private-key-jwt-mtls' : 'tls-client-auth-mtls'
  return (await lab.material(other)).certificate ?? null
}

async function editFor({ id }: LabClient, party: Party, cell: Cell): Promise<IssuerEdit> {
  const { proof, at } = cell
  const own = proof === 'another proof' ? another : (party.key ?? another)
  return {
    by: { ...party, base: lab.addresses[at] },
    proof: proof === 'no proof' ? null : own,
    ...(proof === 'a proof for another URL' && {
      claims: { htu: `${lab.addresses.resource}/token` },
    }),
    certificate: await certificateOf(id, cell),
  }
}

interface Due {
  readonly status: number
  readonly error?: string
  readonly clause?: string
  readonly cnf?: unknown
}

const refused = (error: string, clause: string, status = 400): Due => ({ status, error, clause })

/** What the profile demands. */
async function due(client: LabClient, grant: Grant, cell: Cell, party: Party): Promise<Due> {
  const { proof, shown } = cell
  const { authentication, binding, id } = client
  const certificate = await certificateOf(id, cell)
  // A proof is looked at first, so that a client which must make another has spent no assertion.
  if (proof === 'a proof for another URL') return refused('invalid_dpop_proof', 'RFC9449-4.3-9')
  if (authentication !== 'private_key_jwt' && !(certificate && shown === 'its certificate'))
    return refused(
      'invalid_client',
      authentication === 'tls_client_auth' ? 'RFC8705-2.1' : 'RFC8705-2.2',
      401,
    )
  return binding === 'dpop' ? ofDpop(grant, proof, party) : ofMtls(grant, cell, certificate)
}

function ofDpop(grant: Grant, proof: Cell['proof'], { key }: Party): Due {
  if (proof === 'no proof')
    return refused(
      grant === 'refresh_token' ? 'invalid_request' : 'invalid_dpop_proof',
      'RFC9449-5',
    )
  const used = proof === 'its proof' && key ? key : another
  // RFC9449-10: a code is bound to the key by which it was pushed; RFC8693-4.4: a token to its own.
  // A confidential client's refresh token and device code are bound to the client (RFC9449-5).
  if (used === another && grant === 'authorization_code')
    return refused('invalid_grant', 'RFC6749-4.1.3')
  if (used === another && grant === 'token_exchange')
    return refused('invalid_request', 'RFC8693-4.4')
  return { status: 200, cnf: { jkt: thumbprint(used.publicJwk) } }
}

function ofMtls(
  grant: Grant,
  { proof, shown }: Cell,
  certificate: Awaited<ReturnType<typeof certificateOf>>,
): Due {
  if (proof !== 'no proof') return refused('invalid_request', 'FAPI2SP-5.3.2.1-5')
  if (!certificate) return refused('invalid_request', 'RFC8705-3')
  if (shown === 'another certificate' && grant === 'token_exchange')
    return refused('invalid_request', 'RFC8693-4.4')
  return { status: 200, cnf: { 'x5t#S256': certificateThumbprint(certificate.chain) } }
}

function got(response: WireResponse): Due & { readonly tokens: readonly string[] } {
  const body: Readonly<Record<string, unknown>> = Object(JSON.parse(response.body))
  const tokens = Object.keys(body).filter((name) => name.endsWith('access_token'))
  const cnf = decodeJwt(String(body['access_token']))?.claims['cnf']
  return { ...readAnswer(response), ...(cnf !== undefined && { cnf }), tokens }
}

const ROWS_OF = [
  ...CLIENTS.flatMap((client) => GRANTS.map((grant) => ({ client, grant }))),
  { client: PROFILE_CLIENTS.ciba, grant: 'ciba' as const },
]

test.for(ROWS_OF)('at the token endpoint, $client.id by $grant', async ({ client, grant }) => {
  const { prepare, present } = ROWS[grant]
  const party = await partyOf(lab, client.id)
  let prepared = await prepare(party)
  for (const cell of CELLS) {
    const answer = got(await present(scene, prepared, await editFor(client, party, cell)))
    const expected = await due(client, grant, cell, party)
    // A refusal holds no token of any kind.
    const tokens = expected.status === 200 ? ['access_token'] : []
    expect({ cell, ...answer }).toEqual({ cell, ...expected, tokens })
    if (answer.status === 200 && ONCE.has(grant)) prepared = await prepare(party)
  }
  // FAPI 2.0 SP §5.3.2.1-10: what was refused has cost the client nothing.
  const { status } = await present(scene, prepared, { by: party })
  expect(status).toBe(200)
})
