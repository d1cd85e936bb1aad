/**
 * What ends: a token and a grant, a session, a client. Each flow is played by a client that is
 * registered for it alone, with the keys of one of the lab's, so that nobody else's access ends.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { type ClientMetadata, registerClient, removeClient } from '@holdfast/authorization-server'
import {
  cookieJar,
  register,
  ResponseBodyError,
  signOut,
  type Tokens,
  withdraw,
} from '@holdfast/client'
import type { TraceContext } from '@holdfast/trace'
import { confirmationOf, connectWith } from './as-client.ts'
import type { Attached } from '../attach.ts'
import { type LabClient, metadataOf } from '../clients/clients.ts'
import type { Reached } from './consent-flows.ts'
import { inBrowser, logIn, type Player, USER } from './log-in.ts'
import { startLogoutReceiver } from './logout-receiver.ts'
import { observed } from './observe.ts'
import { softwareStatement } from '../clients/software-statements.ts'

export const ENDING_FLOWS = ['revocation', 'withdrawal', 'logout', 'registration'] as const

export interface Stand {
  readonly lab: Attached
  readonly context: TraceContext
  /** Whose keys play. */
  readonly like: LabClient
  readonly resource: string
}

type Ended = Required<Reached> & { readonly expected: ReturnType<typeof confirmationOf> }

/** A grant with a refresh token, and how it comes to its end. */
const endingGrant =
  (end: (player: Player, tokens: Tokens) => Promise<void>) =>
  (stand: Stand): Promise<Ended> =>
    asOneLike(stand, {}, async (player) => {
      const { resource } = stand
      const tokens = await logIn(player, {
        scope: 'openid accounts offline_access',
        resource,
        parameters: { prompt: 'consent' }, // OpenID Connect Core §11 wants it with offline_access
      })
      const call = () => player.client.call(tokens, 'GET', `${resource}/accounts`)
      const response = await call()
      await end(player, tokens)
      const afterwards = await onceEnded(call)
      const refused = await refusalOf(player.client.refresh(tokens, { resource }))
      return { tokens, response, held: refused?.error === 'invalid_grant', afterwards }
    })

const revocation = endingGrant(async ({ client }, { refresh_token: token = '' }) =>
  client.revoke(token),
)

const withdrawal = endingGrant(async (player) => {
  const { issuer, clientId } = player.client.material
  await inBrowser(player, (fetch) =>
    withdraw(`${issuer}/applications`, { fetch, user: USER, clientId }),
  )
})

async function logout(stand: Stand): Promise<Ended> {
  const receiver = await startLogoutReceiver(stand)
  const { redirectUri } = await stand.lab.material(stand.like.id)
  const registered = {
    post_logout_redirect_uris: [redirectUri],
    backchannel_logout_uri: receiver.url,
    backchannel_logout_session_required: true,
  }
  try {
    return await asOneLike(stand, registered, async (player) => {
      const told = receiver.listenAs(player.client)
      const { resource } = stand
      const cookies = cookieJar()
      const tokens = await logIn(player, { scope: 'openid accounts', resource }, cookies)
      const call = () => player.client.call(tokens, 'GET', `${resource}/accounts`)
      const response = await call()
      const url = player.client.logoutUrl(tokens, redirectUri)
      await inBrowser(player, (fetch) => signOut(url, { fetch, cookies, redirectUri }))
      const isTold = told.length === 1 && told[0]?.sid === tokens.id_token_claims?.['sid']
      // Tokens end with their grant, not with the login: a client that is told gives them back.
      const held = isTold && (await statusOf(call)) === 200
      await player.client.revoke(tokens.access_token)
      const afterwards = await onceEnded(call)
      return { tokens, response, held, afterwards }
    })
  } finally {
    receiver.close()
  }
}

async function registration({ lab, context, like, resource }: Stand): Promise<Ended> {
  const material = await lab.material(like.id)
  const statement = await softwareStatement(lab.folders.state, metadataOf(like, material))
  const fetch = observed(context, lab.report, { by: 'client' })
  const registered = await register(material, statement, { fetch })
  const { clientId } = registered
  try {
    const client = await connectWith(lab, { ...material, clientId }, context)
    try {
      const tokens = await client.clientCredentials({ scope: 'accounts', resource })
      const call = () => client.call(tokens, 'GET', `${resource}/accounts`)
      const response = await call()
      await registered.read()
      const { id_token_signed_response_alg: alg } = await registered.update({
        id_token_signed_response_alg: 'ES256',
      })
      const weaker = await refusalOf(registered.update(UNCONSTRAINED[like.binding]))
      await registered.remove()
      const gone = await refusalOf(registered.read())
      const afterwards = await onceEnded(call)
      const refused = weaker?.error === 'invalid_client_metadata' && gone?.error === 'invalid_token'
      const held = alg === 'ES256' && refused
      return { tokens, response, held, afterwards, expected: confirmationOf(client) }
    } finally {
      await client.close()
    }
  } finally {
    await registered.close()
  }
}

const UNCONSTRAINED = {
  dpop: { dpop_bound_access_tokens: false },
  mtls: { tls_client_certificate_bound_access_tokens: false },
} as const satisfies Record<LabClient['binding'], Partial<ClientMetadata>>

export const playEndingFlow: Readonly<
  Record<(typeof ENDING_FLOWS)[number], (stand: Stand) => Promise<Ended>>
> = { revocation, withdrawal, logout, registration }

/** A client for one flow, which is gone afterwards. */
async function asOneLike(
  { lab, context, like }: Stand,
  registered: Partial<ClientMetadata>,
  play: (player: Player) => Promise<Omit<Ended, 'expected'>>,
): Promise<Ended> {
  const material = await lab.material(like.id)
  const clientId = `${like.id}-${randomUUID().slice(0, 8)}`
  const metadata = { ...metadataOf(like, material), ...registered, client_id: clientId }
  await registerClient(lab.records, metadata)
  try {
    const client = await connectWith(lab, { ...material, clientId }, context)
    try {
      return { ...(await play({ lab, client, context })), expected: confirmationOf(client) }
    } finally {
      await client.close()
    }
  } finally {
    await removeClient(lab.records, clientId)
  }
}

async function statusOf(call: () => Promise<Response>): Promise<number> {
  const { status, body } = await call()
  await body?.cancel()
  return status
}

/** Milliseconds: within a second the API learns what has ended, by the issuer's status list. */
const LEARNT = 1_100

/** A machine may be busy: it is asked again, and fails the flow only if it never learns. */
async function onceEnded(call: () => Promise<Response>): Promise<number> {
  for (let tries = 1; ; tries++) {
    await setTimeout(LEARNT)
    const status = await statusOf(call)
    if (status === 401 || tries === 10) return status
  }
}

/** @throws what is no refusal */
async function refusalOf(asked: Promise<unknown>): Promise<ResponseBodyError | undefined> {
  try {
    await asked
    return undefined
  } catch (error) {
    if (error instanceof ResponseBodyError) return error
    throw error
  }
}
