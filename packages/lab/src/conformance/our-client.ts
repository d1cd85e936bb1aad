/** Our client before an issuer that the suite plays. It comes to the API, or it stops. */
import { randomUUID } from 'node:crypto'
import {
  approve,
  type ClientMaterial,
  connect,
  type FapiClient,
  openConnection,
  type Tokens,
} from '@holdfast/client'
import { USERS } from '../clients/users.ts'
import type { OurClient } from './client-configuration.ts'
import type { PlanRun } from './plans.ts'
import { scopeOf } from './registration.ts'
import type { Suite } from './suite.ts'
import { reasonOf } from './suite-error.ts'

interface Errand {
  readonly run: PlanRun
  readonly client: OurClient
}

/** @returns what came of it, for people: whether that is as it should be, the module decides */
export async function sendClient(
  suite: Suite,
  id: string,
  { run, client }: Errand,
): Promise<string> {
  const { issuer, api } = await suite.playedBy(id)
  const material = { ...client, issuer, trust: suite.trust }
  try {
    const status = await callApi(material, { ...run, scope: scopeOf(run), api })
    return `called the API, which answered ${status}`
  } catch (error) {
    return `stopped: ${reasonOf(error)}`
  }
}

interface Call extends Pick<PlanRun, 'flow' | 'profile'> {
  readonly scope: string
  readonly api: string
}

/**
 * Gets a token and presents it.
 *
 * @returns the status of the API's answer
 * @throws what the client throws when it refuses an answer
 */
export async function callApi(
  material: ClientMaterial,
  { flow, profile, scope, api }: Call,
): Promise<number> {
  const client = await connect(material, { messageSigning: profile === 'fapi2-message-signing' })
  try {
    const tokens =
      flow === 'client_credentials'
        ? await client.clientCredentials({ scope })
        : await withUser(client, scope)
    const headers = { 'x-fapi-interaction-id': randomUUID() }
    const { status, body } = await client.call(tokens, 'GET', api, { headers })
    await body?.cancel()
    return status
  } finally {
    await client.close()
  }
}

/** The suite sends the browser back at once; an issuer with a login page has one of the lab's users. */
async function withUser(client: FapiClient, scope: string): Promise<Tokens> {
  const { trust, redirectUri } = client.material
  const { url, callback } = await client.authorize({ scope })
  const { fetch, close } = openConnection({ trust })
  try {
    return await callback(await approve(url, { fetch, user: USERS[0]!, redirectUri }))
  } finally {
    await close()
  }
}
