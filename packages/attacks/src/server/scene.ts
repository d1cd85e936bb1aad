/** The stage set: requests with client authentication and the proof or certificate that go with them. */
import { makeProof } from '@holdfast/client'
import { seconds } from '../seconds.ts'
import { send, valuesOf, type WireRequest, type WireResponse } from '../wire.ts'
import { clientCredentials } from './requests.ts'
import type { Body, Claims, Edit, Form, IssuerScene, IssuerStage, Party } from './stage.ts'

const SEPARATE = { method: '', url: '' }
const NOTHING = { jti: undefined, htm: undefined, htu: undefined, iat: undefined }

/** A JWT of a client that signs: nothing of a proof is left. */
async function sign({ signing }: Party, claims: Claims, header: Claims = {}) {
  if (!signing) throw new Error('this client is known by its certificate: it signs nothing')
  return makeProof(signing.key, {
    ...SEPARATE,
    header: { typ: undefined, jwk: undefined, kid: signing.kid, ...header },
    claims: { ...NOTHING, ...claims },
  })
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

  async function transmit(request: WireRequest): Promise<WireResponse> {
    const response = await send(request, stage.trust)
    const next = valuesOf(response, 'dpop-nonce')[0]
    if (next !== undefined) nonces.set(new URL(request.url).origin, next)
    return response
  }

  async function post(path: string, [type, body]: Body, edit: Edit = {}): Promise<WireResponse> {
    const { by = stage.victim, certificate = by.certificate, host } = edit
    const url = by.base + path
    const fields = [['Content-Type', type], ...(await proofFor(url, 'POST', edit))] as const
    return transmit({
      method: 'POST',
      url,
      fields,
      body,
      ...(host !== undefined && { host }),
      ...(certificate && { certificate }),
    })
  }

  async function ask(path: string, form: Form, edit: Edit = {}): Promise<WireResponse> {
    const { by = stage.victim } = edit
    const all = Object.entries({ ...form, ...(await authentication(by, edit)), ...edit.form })
    const given = all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
    const body = new URLSearchParams(Object.fromEntries(given)).toString()
    return post(path, ['application/x-www-form-urlencoded', body], edit)
  }

  async function call(url: string, token: string): Promise<WireResponse> {
    const request = async () => ({
      method: 'GET',
      url,
      fields: [
        ['Authorization', `DPoP ${token}`],
        ...(await proofFor(url, 'GET', { token })),
      ] as const,
    })
    const first = await transmit(await request())
    return first.body.includes('use_dpop_nonce') ? transmit(await request()) : first
  }

  const scene = { ...stage, ask, post, call, sign }
  for (const by of [stage.victim, stage.attacker]) await clientCredentials(scene, { by })
  return scene
}
