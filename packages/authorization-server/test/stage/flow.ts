import { assertion, pkce } from './honest.ts'
import type { Prover } from './honest.ts'
import { Browser } from './browser.ts'
import { CALLBACK } from './house.ts'
import type { Server } from './house.ts'
import type { Request } from './http.ts'

/** The steps of the authorization code flow of client `web`. */

export const VERIFIER = 'v'.repeat(43)

type Form = { readonly [name: string]: string }

export async function pushed(house: Server, edit: Form = {}, client = 'web'): Promise<Request> {
  return {
    url: `${house.issuer}/par`,
    form: {
      ...(await assertion(house, client)),
      response_type: 'code',
      redirect_uri: CALLBACK,
      scope: 'openid offline_access read',
      prompt: 'consent',
      state: 'st4te',
      nonce: 'n0nce',
      ...pkce(VERIFIER),
      ...edit,
    },
  }
}

export async function requestUri(house: Server, edit: Form = {}): Promise<string> {
  const { json } = await house.send(await pushed(house, edit))
  return String(json['request_uri'])
}

export const authorizationUrl = (house: Server, uri: string, client = 'web'): string =>
  frontChannel(house, { client_id: client, request_uri: uri })

export const frontChannel = ({ issuer }: Server, query: { [name: string]: string }): string =>
  `${issuer}/authorize?${new URLSearchParams(query).toString()}`

/** Logs alice in and consents; gives the parameters with which the browser comes back. */
export async function authorize(
  house: Server,
  uri: string,
  client = 'web',
): Promise<URLSearchParams> {
  const browser = new Browser(house.send, house.issuer)
  const login = await browser.open(authorizationUrl(house, uri, client))
  const fields = { login: 'alice', password: 'correct horse' }
  const consent = await browser.press(login, 'login-submit', fields)
  await browser.press(consent, 'consent-submit')
  return new URL(browser.url).searchParams
}

export async function codeFor(house: Server, edit: Form = {}): Promise<string> {
  return String((await authorize(house, await requestUri(house, edit))).get('code'))
}

export async function redeem(
  house: Server,
  code: string,
  prover: Prover,
  client = 'web',
): Promise<Request> {
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
  }
  return tokenRequest(house, prover, { ...form, ...(await assertion(house, client)) })
}

export async function refresh(house: Server, token: unknown, prover: Prover): Promise<Request> {
  return tokenRequest(house, prover, { grant_type: 'refresh_token', refresh_token: String(token) })
}

async function tokenRequest(house: Server, prover: Prover, form: Form): Promise<Request> {
  const url = `${house.issuer}/token`
  return {
    url,
    headers: { dpop: await prover.proof(url) },
    form: { ...(await assertion(house, 'web')), ...form },
  }
}
