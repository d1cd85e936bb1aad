import {
  approve,
  type AuthorizationRequest,
  type CookieJar,
  type FapiClient,
  type Fetch,
  openConnection,
  type Tokens,
} from '@holdfast/client'
import type { TraceContext } from '@holdfast/trace'
import type { Attached } from '../attach.ts'
import { observed } from './observe.ts'

export const USER = { login: 'alice', password: 'doe' }

/** Who plays a flow, and where what they say is heard. */
export interface Player {
  readonly lab: Attached
  readonly client: FapiClient
  readonly context: TraceContext
}

/**
 * The authorization code flow: alice logs in with a browser of her own, and allows what is asked.
 *
 * @param cookies of a browser that stays logged in
 */
export async function logIn(
  player: Player,
  request: AuthorizationRequest,
  cookies?: CookieJar,
): Promise<Tokens> {
  const { client } = player
  const authorization = await client.authorize(request)
  const { redirectUri } = client.material
  const visit = { user: USER, redirectUri, ...(cookies && { cookies }) }
  return authorization.callback(
    await inBrowser(player, (fetch) => approve(authorization.url, { fetch, ...visit })),
  )
}

/** What the end-user's browser does, observed. */
export async function inBrowser<T>(
  { lab, client, context }: Player,
  use: (fetch: Fetch) => Promise<T>,
): Promise<T> {
  const browser = openConnection({ trust: client.material.trust })
  try {
    return await use(observed(context, lab.report, { by: 'user-agent' })(browser.fetch))
  } finally {
    await browser.close()
  }
}
