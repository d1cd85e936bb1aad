/** The grants: how a client of the lab gets its tokens by each of them. */
import { randomInt } from 'node:crypto'
import { approveDevice, decide, type FapiClient, type Fetch, type Tokens } from '@holdfast/client'
import type { TraceContext } from '@holdfast/trace'
import type { Attached } from '../attach.ts'
import type { PROFILE_CLIENTS } from '../clients/clients.ts'
import type { CONSENT_FLOWS } from './consent-flows.ts'
import type { ENDING_FLOWS } from './ending-flows.ts'
import { inBrowser, logIn, USER } from './log-in.ts'

export const GRANTS = [
  'client_credentials',
  'authorization_code',
  'refresh_token',
  'device_code',
  'token_exchange',
] as const

/** What further profiles add: each by a client of its own. */
export const PROFILE_FLOWS = [
  'message_signing',
  'ciba',
] as const satisfies readonly (keyof typeof PROFILE_CLIENTS)[]

export type Grant =
  | (typeof GRANTS)[number]
  | (typeof PROFILE_FLOWS)[number]
  | (typeof CONSENT_FLOWS)[number]
  | (typeof ENDING_FLOWS)[number]

export interface Wanted {
  readonly grant: Grant
  readonly resource: string
  readonly context: TraceContext
}

/** @throws what the client throws, where a server refuses */
export async function obtain(lab: Attached, client: FapiClient, wanted: Wanted): Promise<Tokens> {
  const { grant, resource } = wanted
  if (grant === 'client_credentials')
    return client.clientCredentials({ scope: 'accounts', resource })
  const player = { lab, client, context: wanted.context }
  if (grant === 'device_code')
    return inBrowser(player, (fetch) => byUserCode(client, resource, fetch))
  if (grant === 'ciba')
    return inBrowser(player, (fetch) => byBindingMessage(client, resource, fetch))
  const tokens = await logIn(player, {
    scope: SCOPES[grant] ?? 'openid accounts',
    resource,
    // OpenID Connect Core §11 wants it with offline_access.
    ...(grant === 'refresh_token' && { parameters: { prompt: 'consent' } }),
  })
  if (grant === 'refresh_token') return client.refresh(tokens, { resource })
  return grant === 'token_exchange' ? exchanged(client, tokens, resource) : tokens
}

const SCOPES: { readonly [grant in Grant]?: string } = {
  refresh_token: 'openid accounts offline_access',
  token_exchange: 'openid accounts payments',
}

/** Delegation: the user's token and the client's own become one that says who acts, with less scope. */
async function exchanged(client: FapiClient, subject: Tokens, resource: string): Promise<Tokens> {
  const actor = await client.clientCredentials({ scope: 'accounts', resource })
  return client.exchange({ subject, actor, scope: 'accounts', resource })
}

async function byUserCode(client: FapiClient, resource: string, fetch: Fetch): Promise<Tokens> {
  const device = await client.authorizeDevice({ scope: 'openid accounts', resource })
  const { verificationUri, verificationUriComplete = verificationUri } = device
  await approveDevice(verificationUriComplete, { fetch, user: USER })
  return device.tokens()
}

async function byBindingMessage(
  client: FapiClient,
  resource: string,
  fetch: Fetch,
): Promise<Tokens> {
  const bindingMessage = `Till ${randomInt(1, 1_000_000)}`
  const asked = await client.authenticate({
    scope: 'openid accounts',
    resource,
    loginHint: USER.login,
    bindingMessage,
  })
  const decision = { fetch, user: USER, bindingMessage, decision: 'allow' } as const
  await decide(`${client.material.issuer}/approvals`, decision)
  return asked.tokens()
}
