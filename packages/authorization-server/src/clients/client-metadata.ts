import type { JsonWebKey } from 'node:crypto'
import type { ClauseId } from '@holdfast/sender-constraint'
import type { Client } from 'oidc-provider'
import type { ProfileName } from '../vocabulary/profile-names.ts'
import { OIDC_SCOPES, scopeList } from '../vocabulary/scopes.ts'

/** A client's metadata, as it was registered or as the library has completed it. */
export type Metadata = { readonly [member: string]: unknown }

/** The elements of a member that is a list; of any other value none. */
export const elementsOf = (member: unknown): readonly unknown[] =>
  Array.isArray(member) ? member : []

/** A client as `provision` takes it; names of RFC 7591, RFC 8705 and RFC 9449. */
export interface ClientMetadata {
  readonly client_id: string
  readonly client_name?: string
  /** What is asked of it (docs/profiles.md); absent: `fapi2-security-profile`. */
  readonly profile?: ProfileName
  readonly token_endpoint_auth_method:
    | 'private_key_jwt'
    | 'tls_client_auth'
    | 'self_signed_tls_client_auth'
  readonly token_endpoint_auth_signing_alg?: string
  readonly id_token_signed_response_alg?: string
  /** Of its JWT access tokens; absent: the resource's. Ours, as no specification has one. */
  readonly access_token_signing_alg?: string
  /** Of JARM; absent: PS256. */
  readonly authorization_signed_response_alg?: string
  /** Of a resource server's introspection responses (RFC 9701); absent: PS256. */
  readonly introspection_signed_response_alg?: string
  /** Absent: any of the profile's. */
  readonly request_object_signing_alg?: string
  /** Empty for a resource server that only introspects. */
  readonly grant_types: readonly (
    | 'authorization_code'
    | 'client_credentials'
    | 'refresh_token'
    | 'urn:openid:params:grant-type:ciba'
    | 'urn:ietf:params:oauth:grant-type:device_code'
    | 'urn:ietf:params:oauth:grant-type:token-exchange'
  )[]
  readonly redirect_uris?: readonly string[]
  /** Everything the client may ask for, of OpenID Connect and of resources; absent: no limit. */
  readonly scope?: string
  /** Types of authorization details (RFC 9396) that the client may ask for; absent: none. */
  readonly authorization_details_types?: readonly string[]
  readonly jwks?: { readonly keys: readonly JsonWebKey[] }
  readonly dpop_bound_access_tokens?: boolean
  readonly tls_client_certificate_bound_access_tokens?: boolean
  readonly tls_client_auth_subject_dn?: string
  readonly tls_client_auth_san_dns?: string
  readonly tls_client_auth_san_uri?: string
  readonly tls_client_auth_san_ip?: string
  readonly tls_client_auth_san_email?: string
  readonly backchannel_token_delivery_mode?: 'poll' | 'ping'
  readonly backchannel_client_notification_endpoint?: string
  /** Absent: any of the profile's. */
  readonly backchannel_authentication_request_signing_alg?: string
  readonly post_logout_redirect_uris?: readonly string[]
  readonly backchannel_logout_uri?: string
  /** Whether its logout tokens name the session, by `sid`. */
  readonly backchannel_logout_session_required?: boolean
  /** Resource indicators whose opaque tokens this client may introspect. */
  readonly introspection_audiences?: readonly string[]
  /** In each of its tokens: the client that may exchange them, by its client_id (RFC 8693 §4.4). */
  readonly may_act?: { readonly sub: string }
  /** Resource indicators for which it may exchange tokens that are for another resource. */
  readonly exchange_resources?: readonly string[]
}

/** As end-users are told. */
export const nameOf = ({ clientName, clientId }: Client): string => clientName ?? clientId

/** Members that are ours; the library keeps them and shows every client to `weakness`. */
export const OWN_MEMBERS = [
  'access_token_signing_alg',
  'exchange_resources',
  'introspection_audiences',
  'may_act',
  'profile',
  'resource_scopes',
]

export class ClientMetadataError extends Error {
  override readonly name = 'ClientMetadataError'
  readonly client: string
  readonly clause: ClauseId | undefined
  /** Without client and clause. */
  readonly sentence: string

  constructor(client: string, sentence: string, clause?: ClauseId) {
    super(`client ${client}: ${sentence}${clause ? ` (${clause})` : ''}`)
    this.client = client
    this.clause = clause
    this.sentence = sentence
  }
}

/** Metadata as the library wants it. */
export function asRegistered(client: ClientMetadata): Metadata {
  const { scope, grant_types, redirect_uris = [], ...rest } = client
  const scopes = scopeList(scope)
  const ofOidc = scopes.filter((name) => OIDC_SCOPES.has(name))
  return {
    ...rest,
    grant_types,
    redirect_uris,
    response_types: grant_types.includes('authorization_code') ? ['code'] : [],
    ...(scope !== undefined && {
      // To the library an empty scope is no limit; offline_access alone gives nothing.
      scope: ofOidc.length > 0 ? ofOidc.join(' ') : 'offline_access',
      resource_scopes: scopes.filter((name) => !OIDC_SCOPES.has(name)),
    }),
  }
}
