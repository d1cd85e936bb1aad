/** The grants, each from the client's first request to the API's answer. */
import { randomInt } from 'node:crypto'
import {
  certificateThumbprint,
  connect,
  type ConnectOptions,
  decide,
  type FapiClient,
  openConnection,
  thumbprint,
  type Tokens,
} from '@holdfast/client'
import { newTrace, type TraceContext } from '@holdfast/trace'
import { resourcesOf } from './addresses.ts'
import type { Attached } from './attach.ts'
import type { LabClient, PROFILE_CLIENTS } from './clients.ts'
import { CONSENT_FLOWS, playConsentFlow, type Reached } from './consent-flows.ts'
import { logIn, USER } from './log-in.ts'
import { observed } from './observe.ts'
import { decodeJwt } from './tell/jwt.ts'

export const GRANTS = ['client_credentials', 'authorization_code', 'refresh_token'] as const

/** What further profiles add: each by a client of its own. */
export const PROFILE_FLOWS = [
  'message_signing',
  'ciba',
] as const satisfies readonly (keyof typeof PROFILE_CLIENTS)[]

export type Grant =
  | (typeof GRANTS)[number]
  | (typeof PROFILE_FLOWS)[number]
  | (typeof CONSENT_FLOWS)[number]
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

interface Wanted {
  readonly grant: Grant
  readonly resource: string
  readonly context: TraceContext
}

async function reach(lab: Attached, client: FapiClient, wanted: Wanted): Promise<Reached> {
  const { grant, resource, context } = wanted
  const own = CONSENT_FLOWS.find((one) => one === grant)
  if (own) return playConsentFlow[own]({ lab, client, context }, resource)
  const tokens = await obtain(lab, client, wanted)
  return { tokens, response: await client.call(tokens, 'GET', `${resource}/accounts`), held: true }
}

async function obtain(
  lab: Attached,
  client: FapiClient,
  { grant, resource, context }: Wanted,
): Promise<Tokens> {
  if (grant === 'client_credentials')
    return client.clientCredentials({ scope: 'accounts', resource })
  if (grant === 'ciba') return onAnotherDevice(lab, client, { resource, context })
  const tokens = await logIn(
    { lab, client, context },
    {
      scope: grant === 'refresh_token' ? 'openid accounts offline_access' : 'openid accounts',
      resource,
      // OpenID Connect Core §11 wants it with offline_access.
      ...(grant === 'refresh_token' && { parameters: { prompt: 'consent' } }),
    },
  )
  return grant === 'refresh_token' ? client.refresh(tokens, { resource }) : tokens
}

async function onAnotherDevice(
  lab: Attached,
  client: FapiClient,
  { resource, context }: Pick<Wanted, 'resource' | 'context'>,
): Promise<Tokens> {
  const bindingMessage = `Till ${randomInt(1, 1_000_000)}`
  const asked = await client.authenticate({
    scope: 'openid accounts',
    resource,
    loginHint: USER.login,
    bindingMessage,
  })
  const browser = openConnection({ trust: client.material.trust })
  try {
    const fetch = observed(context, lab.report, { by: 'user-agent' })(browser.fetch)
    const decision = { fetch, user: USER, bindingMessage, decision: 'allow' } as const
    await decide(`${lab.addresses.issuer}/approvals`, decision)
    return await asked.tokens()
  } finally {
    await browser.close()
  }
}

/** What `cnf` must hold for this client, by the client's own reckoning. */
function confirmationOf({ material, proofKey }: FapiClient): Readonly<Record<string, string>> {
  if (proofKey) return { jkt: thumbprint(proofKey.publicJwk) }
  return { 'x5t#S256': certificateThumbprint(material.certificate?.chain ?? '') }
}
