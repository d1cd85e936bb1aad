/** What a request can ask besides a scope: the consent to just this, and a better login. */
import { stepUpOf, type Tokens } from '@holdfast/client'
import { logIn, type Player } from './log-in.ts'

export const CONSENT_FLOWS = ['rich_authorization', 'step_up'] as const

/** What a flow came to. */
export interface Reached {
  readonly tokens: Tokens
  /** Of the API, to the honest request with them. */
  readonly response: Response
  /** Whether the API has refused before what it had to. */
  readonly held: boolean
  /** Of the API's answer to the same request, when what the flow ends has ended. */
  readonly afterwards?: number
}

type Flow = (player: Player, resource: string) => Promise<Reached>

const PAYMENT = {
  instructedAmount: { currency: 'EUR', amount: '12.50' },
  creditorName: 'Corner shop',
  creditorAccount: { iban: 'DE02100100109307118603' },
}

const richAuthorization: Flow = async (player, resource) => {
  const tokens = await logIn(player, {
    scope: 'openid payments',
    resource,
    authorizationDetails: [{ type: 'payment_initiation', ...PAYMENT }],
  })
  const pay = (order: object) =>
    player.client.call(tokens, 'POST', `${resource}/payments`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(order),
    })
  const refused = await pay({ ...PAYMENT, creditorName: 'Somebody else' })
  await refused.body?.cancel()
  return { tokens, response: await pay(PAYMENT), held: refused.status === 403 }
}

const stepUp: Flow = async (player, resource) => {
  const request = { scope: 'openid accounts', resource }
  const call = (tokens: Tokens) => player.client.call(tokens, 'GET', `${resource}/step-up`)
  const refused = await call(await logIn(player, request))
  await refused.body?.cancel()
  const wanted = stepUpOf(refused)
  const tokens = await logIn(player, { ...request, ...wanted })
  return { tokens, response: await call(tokens), held: wanted !== undefined }
}

export const playConsentFlow: Readonly<Record<(typeof CONSENT_FLOWS)[number], Flow>> = {
  rich_authorization: richAuthorization,
  step_up: stepUp,
}
