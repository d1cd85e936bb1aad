import { SignJWT } from 'jose'
import type { JWTHeaderParameters } from 'jose'
import { assertion, now, pkce } from './honest.ts'
import { VERIFIER } from './flow.ts'
import { CALLBACK } from './house.ts'
import type { House } from './house.ts'
import type { Request } from './http.ts'

interface Edit {
  readonly claims?: { readonly [claim: string]: unknown }
  readonly header?: Partial<JWTHeaderParameters>
  /** Whose key signs. */
  readonly by?: string
}

/** A request object as client `signing` makes it, with one edit. */
async function requestObject(house: House, edit: Edit = {}): Promise<string> {
  const { alg, key } = house.keys[edit.by ?? 'signing']!
  const claims = {
    iss: 'signing',
    aud: house.issuer,
    client_id: 'signing',
    nbf: now(),
    exp: now() + 300,
    response_type: 'code',
    response_mode: 'jwt',
    redirect_uri: CALLBACK,
    scope: 'openid offline_access read',
    prompt: 'consent',
    state: 'st4te',
    nonce: 'n0nce',
    ...pkce(VERIFIER),
    ...edit.claims,
  }
  // `undefined` in an edit takes the claim out.
  return new SignJWT(JSON.parse(JSON.stringify(claims)))
    .setProtectedHeader({ alg, typ: 'oauth-authz-req+jwt', kid: 'signing', ...edit.header })
    .sign(key)
}

export async function pushedObject(house: House, edit: Edit = {}): Promise<Request> {
  return {
    url: `${house.issuer}/par`,
    form: { ...(await assertion(house, 'signing')), request: await requestObject(house, edit) },
  }
}
