/** The two clients of a plan run: keys that are made once, and what the authorization server is told. */
import { generateKeyPair, type JsonWebKey, randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import type { ClientMetadata } from '@holdfast/authorization-server'
import type { Authority, Credential } from '@holdfast/ca'
import { publicPart, SCOPES } from '../clients/clients.ts'
import type { PlanRun } from './plans.ts'

export interface ConformanceClient {
  readonly id: string
  /** Private RSA key with `kid` and `alg`: PS256 is what every module of the suite can sign with. */
  readonly key: JsonWebKey
  readonly certificate: Credential
}

type Which = 1 | 2

/** A key for the first client of a run, or for the second. */
export type KeyFor = (which: Which) => Promise<JsonWebKey>

export async function makeClient(
  { label }: PlanRun,
  which: Which,
  { authority, key }: { readonly authority: Authority; readonly key: JsonWebKey },
): Promise<ConformanceClient> {
  const id = `${label}-${which}`
  const certificate = await authority.client(id, { subject: subjectOf(id) })
  return { id, key, certificate }
}

export const subjectOf = (id: string): string => `CN=${id},O=Holdfast conformance`

const generate = promisify(generateKeyPair)

/**
 * New keys, one for the first client of every run and one for the second: it is the same suite that
 * plays them all, and an RSA key of its own for each takes long.
 */
export function newKeys(): KeyFor {
  const made = new Map<Which, Promise<JsonWebKey>>()
  return (which) => {
    const key = made.get(which) ?? newKey(which)
    made.set(which, key)
    return key
  }
}

async function newKey(which: Which): Promise<JsonWebKey> {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 })
  const kid = `${which}-${randomUUID().slice(0, 8)}`
  return { ...privateKey.export({ format: 'jwk' }), kid, alg: 'PS256', use: 'sig' }
}

/** What the suite asks for, and what the client is registered for. */
export const scopeOf = ({ flow, openid }: PlanRun): string => {
  if (flow === 'client_credentials') return SCOPES.join(' ')
  return [...(openid ? ['openid'] : []), 'offline_access', ...SCOPES].join(' ')
}

/** @param callback the suite's redirect URI for this run */
export function registrationOf(
  run: PlanRun,
  { id, key }: Pick<ConformanceClient, 'id' | 'key'>,
  callback: string,
): ClientMetadata {
  const { authentication, binding, profile } = run
  return {
    client_id: id,
    client_name: `Conformance suite (${run.label})`,
    profile,
    token_endpoint_auth_method: authentication,
    ...grantsOf(run, callback),
    scope: scopeOf(run),
    jwks: { keys: [publicPart(key)] },
    ...(authentication === 'tls_client_auth' && { tls_client_auth_subject_dn: subjectOf(id) }),
    ...(binding === 'dpop'
      ? { dpop_bound_access_tokens: true }
      : { tls_client_certificate_bound_access_tokens: true }),
  }
}

function grantsOf({ flow, variant }: PlanRun, callback: string) {
  if (flow === 'client_credentials') return { grant_types: ['client_credentials'] as const }
  if (flow === 'authorization_code')
    return {
      grant_types: ['authorization_code', 'refresh_token'] as const,
      // The second has the query with which modules probe the comparison of redirect URIs.
      redirect_uris: [callback, `${callback}?dummy1=lorem&dummy2=ipsum`],
    }
  const ciba = { grant_types: ['urn:openid:params:grant-type:ciba', 'refresh_token'] as const }
  if (variant['ciba_mode'] !== 'ping')
    return { ...ciba, backchannel_token_delivery_mode: 'poll' as const }
  return {
    ...ciba,
    backchannel_token_delivery_mode: 'ping' as const,
    backchannel_client_notification_endpoint: callback.replace(
      /callback$/,
      'ciba-notification-endpoint',
    ),
  }
}
