/** The honest requests, which attacks edit. */
import { accessTokenHash } from '@holdfast/client'
import { seconds } from '../seconds.ts'
import type { WireResponse } from '../wire.ts'
import type { Claims, Edit, IssuerScene, IssuerStage, Party } from './stage.ts'

/** What a server that does as it is asked answers with. */
export function member(response: WireResponse, name: string): string {
  const value: unknown = Object(JSON.parse(response.body))[name]
  if (typeof value !== 'string') throw new Error(`no ${name}: ${response.status} ${response.body}`)
  return value
}

export const clientCredentials = (scene: IssuerScene, edit: Edit = {}): Promise<WireResponse> =>
  scene.ask(
    '/token',
    { grant_type: 'client_credentials', scope: 'accounts', resource: scene.resource },
    edit,
  )

const VERIFIER = 'v'.repeat(43)

const request = ({ resource }: IssuerStage, { redirectUri }: Party) => ({
  response_type: 'code',
  redirect_uri: redirectUri,
  scope: 'openid accounts payments offline_access',
  resource,
  prompt: 'consent',
  state: 'honest',
  code_challenge: accessTokenHash(VERIFIER),
  code_challenge_method: 'S256',
})

/** A pushed authorization request. */
export const push = (scene: IssuerScene, edit: Edit = {}): Promise<WireResponse> =>
  scene.ask('/par', request(scene, edit.by ?? scene.victim), edit)

/** The same as a request object of the client that signs; its claims and its header are edited. */
export async function pushSigned(
  scene: IssuerScene,
  { claims = {}, header = {}, by = scene.signer }: Edit = {},
): Promise<WireResponse> {
  const { clientId: iss } = scene.signer
  const life = { nbf: seconds(), exp: seconds() + 60 }
  const object = await scene.sign(
    by,
    {
      ...request(scene, scene.signer),
      response_mode: 'jwt',
      iss,
      client_id: iss,
      aud: scene.issuer,
      ...life,
      ...claims,
    },
    header,
  )
  return scene.ask('/par', { request: object }, { by: scene.signer })
}

/** From a pushed request to the code, in the end-user's browser. */
export async function code(scene: IssuerScene, edit: Edit = {}): Promise<string> {
  const { clientId, redirectUri } = edit.by ?? scene.victim
  const pushed = await push(scene, edit)
  const query = { client_id: clientId, request_uri: member(pushed, 'request_uri') }
  const url = `${scene.issuer}/authorize?${new URLSearchParams(query).toString()}`
  return (await scene.approve(url, redirectUri)).searchParams.get('code') ?? ''
}

export const redeem = (
  scene: IssuerScene,
  given: string,
  edit: Edit = {},
): Promise<WireResponse> => {
  const { redirectUri: redirect_uri } = edit.by ?? scene.victim
  const grant = { grant_type: 'authorization_code', code: given, redirect_uri }
  return scene.ask('/token', { ...grant, code_verifier: VERIFIER }, edit)
}

export const refresh = (
  scene: IssuerScene,
  token: string,
  edit: Edit = {},
): Promise<WireResponse> =>
  scene.ask(
    '/token',
    { grant_type: 'refresh_token', refresh_token: token, resource: scene.resource },
    edit,
  )

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** A token of the victim's for another of its own, with the scope of accounts. */
export const exchange = (
  scene: IssuerScene,
  subject: string,
  edit: Edit = {},
): Promise<WireResponse> =>
  scene.ask(
    '/token',
    {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: subject,
      subject_token_type: ACCESS_TOKEN,
      scope: 'accounts',
    },
    edit,
  )

/** A device code, of which the end-user has decided; unless `decided` is false. */
export async function deviceCode(
  scene: IssuerScene,
  { decided = true, ...edit }: Edit & { readonly decided?: boolean } = {},
): Promise<string> {
  const form = { scope: 'openid accounts', resource: scene.resource }
  const started = await scene.ask('/device-authorization', form, edit)
  if (decided) await scene.approveDevice(member(started, 'verification_uri_complete'))
  return member(started, 'device_code')
}

export const poll = (scene: IssuerScene, device: string, edit: Edit = {}): Promise<WireResponse> =>
  scene.ask(
    '/token',
    { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: device },
    edit,
  )

/** A request that the end-user be asked on another device (CIBA), signed; its claims are edited. */
export async function authenticate(
  scene: IssuerScene,
  { claims = {}, ...edit }: Edit = {},
): Promise<WireResponse> {
  const { ciba, issuer } = scene
  const now = seconds()
  const life = { iat: now, nbf: now, exp: now + 60, jti: crypto.randomUUID() }
  const asked = { scope: 'openid accounts', login_hint: 'alice', binding_message: 'Till 7' }
  const signed = { iss: ciba.clientId, aud: issuer, ...life, ...asked, ...claims }
  return scene.ask(
    '/backchannel',
    { request: await scene.sign(ciba, signed) },
    { by: ciba, ...edit },
  )
}

export const pollAuthentication = (
  scene: IssuerScene,
  id: string,
  edit: Edit = {},
): Promise<WireResponse> =>
  scene.ask(
    '/token',
    { grant_type: 'urn:openid:params:grant-type:ciba', auth_req_id: id },
    { by: scene.ciba, ...edit },
  )

/** A client registers itself by its software statement, and asks for no more than that says. */
export async function register(
  scene: IssuerScene,
  asked: Claims = {},
  edit: Edit = {},
): Promise<WireResponse> {
  const statement = { software_statement: await scene.softwareStatement() }
  const body = JSON.stringify({ ...statement, ...asked })
  return scene.post('/register', ['application/json', body], edit)
}

/** An access token of the victim, or of another. */
export const subjectToken = async (scene: IssuerScene, edit: Edit = {}): Promise<string> =>
  member(await clientCredentials(scene, edit), 'access_token')

export const refreshToken = async (scene: IssuerScene): Promise<string> =>
  member(await redeem(scene, await code(scene)), 'refresh_token')
