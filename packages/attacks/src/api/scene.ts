import { makeProof, type ProofKey } from '@holdfast/client'
import type { JwtEdit } from '../jwt.ts'
import {
  type Certificate,
  clientCertOf,
  send,
  type WireRequest,
  type WireResponse,
  valuesOf,
} from '../wire.ts'

/** What an attacker finds: two honest clients with their tokens, and what they hold themselves. */
export interface Stage {
  /** The protected resource: `GET` here with an honest token answers 200. */
  readonly url: string
  /** The same with opaque tokens, where the target has one. */
  readonly opaqueUrl?: string
  /** PEM. */
  readonly trust: string
  readonly dpop: { readonly token: string; readonly key: ProofKey }
  /** A second token of the same client and key. */
  readonly secondToken: string
  /** A token of the same client and key that does not grant what `url` asks. */
  readonly narrowToken: string
  readonly opaqueToken?: string
  readonly mtls: { readonly token: string; readonly certificate: Certificate }
  readonly attacker: { readonly key: ProofKey; readonly certificate: Certificate }
  /** Misuse certificates, by what is wrong with them. */
  readonly certificates: {
    readonly twin: Certificate
    readonly renewed: Certificate
    readonly expired: Certificate
    readonly notYetValid: Certificate
    readonly selfSigned: Certificate
    readonly forServers: Certificate
    readonly authority: Certificate
    /** Where the target's authority has revoked one. */
    readonly revoked?: Certificate
  }
  /** Of the reverse proxy in front, where there is one that the target knows. */
  readonly proxy?: Certificate
  /** Signs what an honest issuer would not: the victim's token with other claims or header. */
  readonly forge?: (edit: JwtEdit) => Promise<string>
}

/** How a request differs from the honest one. */
export interface Edit {
  readonly method?: string
  readonly url?: string
  readonly host?: string
  readonly target?: string
  readonly scheme?: string
  readonly token?: string
  /** Of the proof. */
  readonly key?: ProofKey
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  /** `null`: none. */
  readonly certificate?: Certificate | null
  /** The fields, once all is sealed. */
  readonly fields?: (honest: WireRequest['fields']) => WireRequest['fields']
}

export interface Scene extends Stage {
  /** The DPoP client's honest request, with an edit. */
  readonly byDpop: (edit?: Edit) => Promise<WireRequest>
  /** The mutual-TLS client's honest request, with an edit. */
  readonly byMtls: (edit?: Edit) => WireRequest
  /**
   * The same, as the proxy sends it on: with the client's certificate in `Client-Cert` (RFC 9440).
   *
   * @throws where the target has none in front
   */
  readonly byProxy: (edit?: Edit) => WireRequest
  readonly send: (request: WireRequest) => Promise<WireResponse>
  /** @throws where the target gives no such token */
  readonly forged: (edit: JwtEdit) => Promise<string>
}

/**
 * Sets the scene. If the resource server wants a nonce before anything else, as it does right after
 * a start, or gives one later, the honest requests carry it, as those of any client do.
 */
export async function setScene(stage: Stage): Promise<Scene> {
  let nonce: string | undefined
  const transmit = async (request: WireRequest) => {
    const response = await send(request, stage.trust)
    nonce = valuesOf(response, 'dpop-nonce')[0] ?? nonce
    return response
  }
  await transmit(await dpopRequest(stage, nonce, {}))
  return {
    ...stage,
    byDpop: (edit = {}) => dpopRequest(stage, nonce, edit),
    byMtls: (edit = {}) => mtlsRequest(stage, edit),
    byProxy: (edit = {}) => proxiedRequest(stage, edit),
    send: transmit,
    forged: (edit) => {
      if (!stage.forge) throw new Error('this target lends nobody its signing key')
      return stage.forge(edit)
    },
  }
}

async function dpopRequest(
  { url: honestUrl, dpop }: Stage,
  nonce: string | undefined,
  edit: Edit,
): Promise<WireRequest> {
  const { method = 'GET', url = honestUrl, scheme = 'DPoP', token = dpop.token } = edit
  const proof = await makeProof(edit.key ?? dpop.key, {
    method,
    url,
    accessToken: token,
    ...(nonce !== undefined && { nonce }),
    ...(edit.header && { header: edit.header }),
    ...(edit.claims && { claims: edit.claims }),
  })
  const fields = [
    ['Authorization', `${scheme} ${token}`],
    ['DPoP', proof],
  ] as const
  return {
    method,
    url,
    ...(edit.host !== undefined && { host: edit.host }),
    ...(edit.target !== undefined && { target: edit.target }),
    fields: edit.fields?.(fields) ?? fields,
    ...(edit.certificate && { certificate: edit.certificate }),
  }
}

function mtlsRequest({ url: honestUrl, mtls }: Stage, edit: Edit): WireRequest {
  const { method = 'GET', url = honestUrl, scheme = 'Bearer', token = mtls.token } = edit
  const certificate = edit.certificate === undefined ? mtls.certificate : edit.certificate
  const fields = [['Authorization', `${scheme} ${token}`]] as const
  return {
    method,
    url,
    ...(edit.host !== undefined && { host: edit.host }),
    ...(edit.target !== undefined && { target: edit.target }),
    fields: edit.fields?.(fields) ?? fields,
    ...(certificate && { certificate }),
  }
}

function proxiedRequest(stage: Stage, edit: Edit): WireRequest {
  if (!stage.proxy) throw new Error('this target has no reverse proxy in front')
  const own = [clientCertOf(stage.mtls.certificate)]
  const fields = (honest: WireRequest['fields']) =>
    edit.fields?.([...honest, ...own]) ?? [...honest, ...own]
  return mtlsRequest(stage, { ...edit, certificate: stage.proxy, fields })
}
