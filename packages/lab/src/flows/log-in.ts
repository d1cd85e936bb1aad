import {
  approve,
  type AuthorizationRequest,
  type FapiClient,
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

/** The authorization code flow: alice logs in with a browser of her own, and allows what is asked. */
export async function logIn(
  { lab, client, context }: Player,
  request: AuthorizationRequest,
): Promise<Tokens> {
  const authorization = await client.authorize(request)
  const browser = openConnection({ trust: client.material.trust })
  try {
    const fetch = observed(context, lab.report, { by: 'user-agent' })(browser.fetch)
    const { redirectUri } = client.material
    return await authorization.callback(
      await approve(authorization.url, { fetch, user: USER, redirectUri }),
    )
  } finally {
    await browser.close()
  }
}
