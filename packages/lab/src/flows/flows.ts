/** A flow: a grant, from the client's first request to the API's answer. */
import {
  certificateThumbprint,
  connect,
  type ConnectOptions,
  type FapiClient,
  thumbprint,
} from '@holdfast/client'
import { newTrace, type TraceContext } from '@holdfast/trace'
import { resourcesOf } from '../addresses.ts'
import type { Attached } from '../attach.ts'
import type { LabClient } from '../clients/clients.ts'
import { CONSENT_FLOWS, playConsentFlow, type Reached } from './consent-flows.ts'
import { type Grant, obtain, type Wanted } from './grants.ts'
import { observed } from './observe.ts'
import { decodeJwt } from '../tell/jwt.ts'

export type TokenForm = 'jwt' | 'opaque'

export interface FlowResult {
  readonly grant: Grant
  readonly client: LabClient
  readonly form: TokenForm
  /** Of the API's answer. */
  readonly status: number
  /** The confirmation that the API saw, and the one that this client's key or certificate has. */
  readonly cnf: unknown
  readonly expected: Readonly<Record<string, string>>
  /** Success, by a token that is constrained to exactly this client. */
  readonly ok: boolean
  readonly trace: string
}

export interface FlowRequest {
  readonly grant: Grant
  readonly client: LabClient
  readonly form: TokenForm
}

/** @throws what the client throws, where a server refuses */
export async function runFlow(lab: Attached, request: FlowRequest): Promise<FlowResult> {
  const { grant, form } = request
  const context = newTrace()
  const messageSigning = grant === 'message_signing'
  const client = await connectAs(lab, request.client.id, { ...context, messageSigning })
  try {
    const resource = resourcesOf(lab.addresses.resource)[form]
    const { tokens, response, held } = await reach(lab, client, { grant, resource, context })
    const answer: Readonly<Record<string, unknown>> = Object(JSON.parse(await response.text()))
    const cnf = form === 'jwt' ? decodeJwt(tokens.access_token)?.claims['cnf'] : answer['cnf']
    const expected = confirmationOf(client)
    const ok = held && response.ok && JSON.stringify(cnf) === JSON.stringify(expected)
    return { ...request, status: response.status, cnf, expected, ok, trace: context.trace }
  } finally {
    await client.close()
  }
}

/** A client of the lab, observed. */
export async function connectAs(
  lab: Attached,
  id: string,
  context: TraceContext & Pick<ConnectOptions, 'messageSigning'>,
): Promise<FapiClient> {
  const material = await lab.material(id)
  const { certificate } = material
  const thumbprintOf = certificate && certificateThumbprint(certificate.chain)
  return connect(material, {
    messageSigning: context.messageSigning ?? false,
    fetch: observed(context, lab.report, {
      by: 'client',
      // The issuer's own address asks for no certificate, so none is shown there.
      certificateFor: (url) =>
        new URL(url).origin === lab.addresses.issuer ? undefined : thumbprintOf,
    }),
  })
}

async function reach(lab: Attached, client: FapiClient, wanted: Wanted): Promise<Reached> {
  const { grant, resource, context } = wanted
  const own = CONSENT_FLOWS.find((one) => one === grant)
  if (own) return playConsentFlow[own]({ lab, client, context }, resource)
  const tokens = await obtain(lab, client, wanted)
  return { tokens, response: await client.call(tokens, 'GET', `${resource}/accounts`), held: true }
}

/** What `cnf` must hold for this client, by the client's own reckoning. */
function confirmationOf({ material, proofKey }: FapiClient): Readonly<Record<string, string>> {
  if (proofKey) return { jkt: thumbprint(proofKey.publicJwk) }
  return { 'x5t#S256': certificateThumbprint(material.certificate?.chain ?? '') }
}
