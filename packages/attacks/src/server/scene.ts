/** The stage set: requests with client authentication and the proof or certificate that go with them. */
import { makeProof } from '@holdfast/client'
import { resign, signJwt } from '../jwt.ts'
import { seconds } from '../seconds.ts'
import { send, valuesOf, type WireRequest, type WireResponse } from '../wire.ts'
import { clientCredentials } from './requests.ts'
import type { Asked, Claims, Edit, Form, IssuerScene, IssuerStage, Party } from './stage.ts'

/** A JWT of a client that signs. */
async function sign({ signing }: Party, claims: Claims, header: Claims = {}): Promise<string> {
  if (!signing) throw new Error('this client is known by its certificate: it signs nothing')
  return signJwt(signing.key, { header: { kid: signing.kid, ...header }, claims })
}

/** Sets the scene. Each party learns the nonce that its server wants, as any client does. */
export async function setIssuerScene(stage: IssuerStage): Promise<IssuerScene> {
  const nonces = new Map<string, string>()

  async function authentication(by: Party, { assertion, header }: Edit): Promise<Form> {
    if (assertion === null || !by.signing) return { client_id: by.clientId }
    const { clientId: iss } = by
    const jti = crypto.randomUUID()
    const claims = { iss, sub: iss, aud: stage.issuer, jti, exp: seconds() + 60, ...assertion }
    return {
      client_id: iss,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await sign(by, claims, header),
    }
  }

  async function proofFor(url: string, method: string, edit: Edit & { token?: string }) {
    const { by = stage.victim, proof = by.key, claims, token } = edit
    const nonce = nonces.get(new URL(url).origin)
    if (!proof) return []
    const options = { ...(nonce !== undefined && { nonce }), ...(claims && { claims }) }
    const bound = token === undefined ? {} : { accessToken: token }
    return [['DPoP', await makeProof(proof, { method, url, ...options, ...bound })] as const]
  }

  async function transmit(sent: WireRequest): Promise<WireResponse> {
    const response = await send(sent, stage.trust)
    const next = valuesOf(response, 'dpop-nonce')[0]
    if (next !== undefined) nonces.set(new URL(sent.url).origin, next)
    return response
  }

  async function request(asked: Asked, edit: Edit = {}): Promise<WireResponse> {
    const { by = stage.victim, certificate = by.certificate, host, fields = [] } = edit
    const { method = 'POST', body: [type, body] = [], token } = asked
    const { href: url } = new URL(asked.url, by.base)
    const proof = await proofFor(url, method, { ...edit, ...(token !== undefined && { token }) })
    return transmit({
      method,
      url,
      fields: [
        ...(type === undefined ? [] : [['Content-Type', type] as const]),
        ...(token === undefined ? [] : [['Authorization', `DPoP ${token}`] as const]),
        ...proof,
        ...fields,
      ],
      ...(body !== undefined && { body }),
      ...(host !== undefined && { host }),
      ...(certificate && { certificate }),
    })
  }

  async function ask(path: string, form: Form, edit: Edit = {}): Promise<WireResponse> {
    const { by = stage.victim, twice } = edit
    const bodyOf = async () => {
      const all = Object.entries({ ...form, ...(await authentication(by, edit)), ...edit.form })
      const given = all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
      return new URLSearchParams(Object.fromEntries(given)).toString()
    }
    const post = (body: string) =>
      request({ url: path, body: ['application/x-www-form-urlencoded', body] }, edit)
    const body = await bodyOf()
    const answer = await post(body)
    return twice ? post(twice === 'body' ? body : await bodyOf()) : answer
  }

  async function call(url: string, token: string): Promise<WireResponse> {
    const asked = { method: 'GET', url, token }
    const first = await request(asked)
    return first.body.includes('use_dpop_nonce') ? request(asked) : first
  }

  const resigned = (jwt: string, claims: Claims = {}) => resign(stage.attackersKey, jwt, { claims })
  const scene = { ...stage, ask, request, call, sign, resigned }
  for (const by of [stage.victim, stage.attacker]) await clientCredentials(scene, { by })
  return scene
}
