import { Browser } from './browser.ts'
import { assertion } from './honest.ts'
import type { Prover } from './honest.ts'
import type { House } from './house.ts'
import type { Request, Response } from './http.ts'

/** The steps of the device authorization grant (RFC 8628), as client `tv` takes them unless another is named. */

type Form = { readonly [name: string]: string }

export interface Started {
  readonly deviceCode: string
  readonly userCode: string
  readonly complete: string
}

export async function deviceRequest(
  house: House,
  edit: Form = {},
  client = 'tv',
): Promise<Request> {
  return {
    url: `${house.issuer}/device-authorization`,
    form: { ...(await assertion(house, client)), scope: 'openid offline_access read', ...edit },
  }
}

export async function start(house: House, edit: Form = {}, client = 'tv'): Promise<Started> {
  const { json, text } = await house.send(await deviceRequest(house, edit, client))
  if (typeof json['device_code'] !== 'string') throw new Error(text)
  return {
    deviceCode: json['device_code'],
    userCode: String(json['user_code']),
    complete: String(json['verification_uri_complete']),
  }
}

export async function askForTokens(
  house: House,
  deviceCode: string,
  { prover, client = 'tv', ...edit }: { prover?: Prover; client?: string } & Partial<Request>,
): Promise<Response> {
  const url = edit.url ?? `${house.issuer}/token`
  return house.send({
    url,
    ...(prover && { headers: { dpop: await prover.proof(url) } }),
    ...edit,
    form: {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: deviceCode,
      ...(await assertion(house, client)),
    },
  })
}

const ALICE = { login: 'alice', password: 'correct horse' }

/** The hidden fields of the form with this button. */
export function hiddenFields(page: Response, button: string): Form {
  const form = page.text.split('<form').find((part) => part.includes(`id="${button}"`)) ?? ''
  const inputs = form.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)
  return Object.fromEntries([...inputs].map(([, name = '', value = '']) => [name, value]))
}

/** The end-user types the code into the page at `verification_uri`. */
export async function enter(
  house: House,
  code: string,
  browser = new Browser(house.send, house.issuer),
): Promise<readonly [Browser, Response]> {
  const page = await browser.open(`${house.issuer}/device`)
  const fields = { ...hiddenFields(page, 'user-code-submit'), user_code: code }
  return [browser, await browser.press(page, 'user-code-submit', fields)]
}

/** Enters the code, confirms it, logs in and consents, or presses `abort` where consent is asked for. */
export async function approve(
  house: House,
  code: string,
  last: 'consent-submit' | 'abort' = 'consent-submit',
): Promise<Response> {
  const [browser, page] = await enter(house, code)
  const login = await browser.press(page, 'device-confirm', {
    ...hiddenFields(page, 'device-confirm'),
    confirm: 'yes',
  })
  return browser.press(await browser.press(login, 'login-submit', ALICE), last)
}
