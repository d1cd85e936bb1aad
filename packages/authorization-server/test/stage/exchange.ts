import { authorize, pushed, redeem } from './flow.ts'
import { assertion } from './honest.ts'
import type { Prover } from './honest.ts'
import type { House } from './house.ts'
import type { Request, Response } from './http.ts'

/** The steps of token exchange (RFC 8693), as client `agent` takes them unless another is named. */

type Form = { readonly [name: string]: string }

export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

interface Caller extends Partial<Request> {
  readonly client?: string
  readonly prover?: Prover
}

async function atTokenEndpoint(
  house: House,
  { client = 'agent', prover, ...edit }: Caller,
  form: Form,
): Promise<Response> {
  const url = edit.url ?? `${house.issuer}/token`
  return house.send({
    url,
    ...(prover && { headers: { dpop: await prover.proof(url) } }),
    ...edit,
    form: { ...(await assertion(house, client)), ...form },
  })
}

export const exchange = (
  house: House,
  caller: Caller,
  subject: unknown,
  edit: Form = {},
): Promise<Response> =>
  atTokenEndpoint(house, caller, {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: String(subject),
    subject_token_type: ACCESS_TOKEN,
    ...edit,
  })

/** A token that the client got for itself. */
export async function ownToken(house: House, caller: Caller, form: Form = {}): Promise<string> {
  const { json, text } = await atTokenEndpoint(house, caller, {
    grant_type: 'client_credentials',
    scope: 'read',
    ...form,
  })
  if (typeof json['access_token'] !== 'string') throw new Error(text)
  return json['access_token']
}

/** Alice's tokens, by the authorization code flow of client `agent`. */
export async function userTokens(
  house: House,
  prover: Prover,
  edit: Form = {},
): Promise<Response['json']> {
  const scope = 'openid offline_access read write'
  const { json } = await house.send(await pushed(house, { scope, ...edit }, 'agent'))
  const back = await authorize(house, String(json['request_uri']), 'agent')
  const answer = await house.send(await redeem(house, String(back.get('code')), prover, 'agent'))
  if (answer.status !== 200) throw new Error(answer.text)
  return answer.json
}
