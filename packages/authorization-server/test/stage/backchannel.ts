import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { assertion, now } from './honest.ts'
import type { House } from './house.ts'
import type { Request, Response } from './http.ts'

type Claims = { readonly [claim: string]: unknown }

/** The steps of CIBA, as client `poller` takes them unless another is named. */
async function signedRequest(house: House, edit: Claims = {}, client = 'poller') {
  const { alg, key } = house.keys[client]!
  const claims = {
    iss: client,
    aud: house.issuer,
    client_id: client,
    iat: now(),
    nbf: now(),
    exp: now() + 300,
    jti: randomUUID(),
    scope: 'openid offline_access read',
    login_hint: 'alice',
    binding_message: 'Till 4, cup of tea',
    ...edit,
  }
  // `undefined` in an edit takes the claim out.
  return new SignJWT(JSON.parse(JSON.stringify(claims)))
    .setProtectedHeader({ alg, kid: client })
    .sign(key)
}

export async function authenticationRequest(
  house: House,
  edit: Claims = {},
  client = 'poller',
): Promise<Request> {
  const request = await signedRequest(house, edit, client)
  return {
    url: `${house.issuer}/backchannel`,
    form: { ...(await assertion(house, client)), request },
  }
}

export async function begin(house: House, edit: Claims = {}, client = 'poller'): Promise<string> {
  const { json, text } = await house.send(await authenticationRequest(house, edit, client))
  if (typeof json['auth_req_id'] !== 'string') throw new Error(text)
  return json['auth_req_id']
}

/** With the certificate of the house, since the client is bound by it. */
export async function poll(
  house: House,
  authReqId: string,
  client = 'poller',
  { aud, ...edit }: Partial<Request> & { readonly aud?: string } = {},
): Promise<Response> {
  return house.send({
    url: `${house.alias}/token`,
    certificate: house.certificates.other,
    ...edit,
    form: {
      grant_type: 'urn:openid:params:grant-type:ciba',
      auth_req_id: authReqId,
      ...(await assertion(house, client, aud === undefined ? {} : { aud })),
    },
  })
}
