/** The honest requests, which attacks edit. */
import { accessTokenHash } from '@holdfast/client'
import { seconds } from '../seconds.ts'
import type { WireResponse } from '../wire.ts'
import type { Claims, Edit, Form, IssuerScene, IssuerStage, Party } from './stage.ts'

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

export const VERIFIER = 'v'.repeat(43)

const authorizationRequest = ({ resource }: IssuerStage, { redirectUri }: Party) => ({
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
  scene.ask('/par', authorizationRequest(scene, edit.by ?? scene.victim), edit)

/** What a request object says of itself, and all that is asked (RFC 9101 §4). */
async function requestObject(scene: IssuerScene, asked: Claims, edit: Edit): Promise<string> {
  const { by = scene.victim, object: { by: signer = by, claims, header } = {} } = edit
  const now = seconds()
  const life = { iat: now, nbf: now, exp: now + 60, jti: crypto.randomUUID() }
  const own = { iss: by.clientId, client_id: by.clientId, aud: scene.issuer, ...life }
  return scene.sign(signer, { ...own, ...asked, ...claims }, header)
}

/** What the client asks for that signs its requests. */
export const signedRequest = (scene: IssuerScene): Form => ({
  ...authorizationRequest(scene, scene.signer),
  response_mode: 'jwt',
})

/** A pushed request of that client: the request object says all. */
export async function pushSigned(scene: IssuerScene, edit: Edit = {}): Promise<WireResponse> {
  const own = { by: scene.signer, ...edit }
  return scene.ask('/par', { request: await requestObject(scene, signedRequest(scene), own) }, own)
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

/** A device asks for a code. */
export const authorizeDevice = (scene: IssuerScene, edit: Edit = {}): Promise<WireResponse> =>
  scene.ask('/device-authorization', { scope: 'openid accounts', resource: scene.resource }, edit)

/** A device code, of which the end-user has decided. */
export async function deviceCode(scene: IssuerScene, edit: Edit = {}): Promise<string> {
  const started = await authorizeDevice(scene, edit)
  await scene.approveDevice(member(started, 'verification_uri_complete'))
  return member(started, 'device_code')
}

export const poll = (scene: IssuerScene, device: string, edit: Edit = {}): Promise<WireResponse> =>
  scene.ask(
    '/token',
    { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: device },
    edit,
  )

/** What is asked of the end-user on another device (CIBA). */
export const backchannelRequest: Form = {
  scope: 'openid accounts',
  login_hint: 'alice',
  binding_message: 'Till 7',
}

/** A request that they be asked that, signed. */
export async function authenticate(scene: IssuerScene, edit: Edit = {}): Promise<WireResponse> {
  const own = { by: scene.ciba, ...edit }
  const request = await requestObject(scene, backchannelRequest, own)
  return scene.ask('/backchannel', { request }, own)
}

/** An auth_req_id, of which the end-user has decided. */
export async function authReqId(scene: IssuerScene, edit: Edit = {}): Promise<string> {
  const bindingMessage = `Till ${crypto.randomUUID().slice(0, 8)}`
  const object = { claims: { binding_message: bindingMessage } }
  const asked = await authenticate(scene, { ...edit, object })
  await scene.approveElsewhere(bindingMessage)
  return member(asked, 'auth_req_id')
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
export async function register(scene: IssuerScene, edit: Edit = {}): Promise<WireResponse> {
  const statement = { software_statement: await scene.softwareStatement() }
  const body = JSON.stringify({ ...statement, ...edit.metadata })
  return scene.request({ url: '/register', body: ['application/json', body] }, edit)
}

/** An access token of the victim, or of another. */
export const subjectToken = async (scene: IssuerScene, edit: Edit = {}): Promise<string> =>
  member(await clientCredentials(scene, edit), 'access_token')
