/** A flow: a grant, from the client's first request to the API's answer. */
import type { FapiClient } from '@holdfast/client'
import { newTrace } from '@holdfast/trace'
import { resourcesOf } from '../addresses.ts'
import { confirmationOf, connectAs } from './as-client.ts'
import type { Attached } from '../attach.ts'
import type { LabClient } from '../clients/clients.ts'
import { CONSENT_FLOWS, playConsentFlow, type Reached } from './consent-flows.ts'
import { ENDING_FLOWS, playEndingFlow } from './ending-flows.ts'
import { type Grant, obtain, type Wanted } from './grants.ts'
import { decodeJwt } from '../tell/jwt.ts'

export type TokenForm = 'jwt' | 'opaque'

export interface FlowRequest {
  readonly grant: Grant
  readonly client: LabClient
  readonly form: TokenForm
}

export interface FlowResult extends FlowRequest {
  /** Of the API's answer. */
  readonly status: number
  /** The confirmation that the API saw, and the one that this client's key or certificate has. */
  readonly cnf: unknown
  readonly expected: Readonly<Record<string, string>>
  /** Of a flow that ends something: the API's answer to the same request then. */
  readonly afterwards?: number
  /** Success, by a token that is constrained to exactly this client. */
  readonly ok: boolean
  readonly trace: string
}

/** @throws what the client throws, where a server refuses */
export async function runFlow(lab: Attached, request: FlowRequest): Promise<FlowResult> {
  const { grant, client, form } = request
  const context = newTrace()
  const resource = resourcesOf(lab.addresses.resource)[form]
  const ending = ENDING_FLOWS.find((one) => one === grant)
  const played = ending
    ? await playEndingFlow[ending]({ lab, context, like: client, resource })
    : await play(lab, client, { grant, resource, context })
  const { tokens, response, held, expected, afterwards } = played
  const answer: Readonly<Record<string, unknown>> = Object(JSON.parse(await response.text()))
  const cnf = form === 'jwt' ? decodeJwt(tokens.access_token)?.claims['cnf'] : answer['cnf']
  const isOwn = JSON.stringify(cnf) === JSON.stringify(expected)
  return {
    ...request,
    status: response.status,
    cnf,
    expected,
    ...(afterwards !== undefined && { afterwards }),
    ok: held && response.ok && isOwn && (afterwards === undefined || afterwards === 401),
    trace: context.trace,
  }
}

async function play(
  lab: Attached,
  { id }: LabClient,
  wanted: Wanted,
): Promise<Reached & Pick<FlowResult, 'expected'>> {
  const { grant, context } = wanted
  const messageSigning = grant === 'message_signing'
  const client = await connectAs(lab, id, { ...context, messageSigning })
  try {
    return { ...(await reach(lab, client, wanted)), expected: confirmationOf(client) }
  } finally {
    await client.close()
  }
}

async function reach(lab: Attached, client: FapiClient, wanted: Wanted): Promise<Reached> {
  const { grant, resource, context } = wanted
  const own = CONSENT_FLOWS.find((one) => one === grant)
  if (own) return playConsentFlow[own]({ lab, client, context }, resource)
  const tokens = await obtain(lab, client, wanted)
  return { tokens, response: await client.call(tokens, 'GET', `${resource}/accounts`), held: true }
}
