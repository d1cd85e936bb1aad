import { isDeepStrictEqual } from 'node:util'
import { errors } from 'oidc-provider'
import { z } from 'zod'
import { asRegistered, ClientMetadataError } from '../../clients/client-metadata.ts'
import type { ClientMetadata } from '../../clients/client-metadata.ts'
import { isKnownMember } from '../../clients/check-client.ts'
import { registeredWith, relaxationOf, weakness } from '../../profiles/profiles.ts'
import type { Metadata } from '../../clients/client-metadata.ts'

/**
 * RFC7591-3.2.2: what a client may say for itself where its software statement does not. Everything
 * else is said by the statement, and by nobody else: what authenticates the client, by which name
 * end-users know it, where it is answered, what it may ask for and who may act for it.
 */
// oxfmt-ignore
const OF_THE_CLIENT: ReadonlySet<string> = new Set([
  'grant_types', 'dpop_bound_access_tokens', 'tls_client_certificate_bound_access_tokens',
  'token_endpoint_auth_signing_alg', 'id_token_signed_response_alg', 'access_token_signing_alg',
  'authorization_signed_response_alg', 'introspection_signed_response_alg', 'request_object_signing_alg',
  'backchannel_authentication_request_signing_alg', 'backchannel_token_delivery_mode',
  'backchannel_logout_session_required',
])

/** Nothing that we register, and yet looked at: they would make a client weak. */
// oxfmt-ignore
const LOOKED_AT: ReadonlySet<string> = new Set([
  'client_secret', 'jwks_uri', 'response_modes', 'require_signed_request_object',
])

/** What has to be of some shape before any rule can look at it; the library looks at the rest. */
const SHAPE = z.looseObject({
  grant_types: z.array(z.string()),
  response_types: z.array(z.string()).optional(),
  redirect_uris: z.array(z.string()).optional(),
  scope: z.string().optional(),
  jwks: z.looseObject({ keys: z.array(z.looseObject({})) }).optional(),
})

/**
 * What a client is registered with, of what it asks for and what its software statement says. What it
 * asks for in vain is refused, not passed over; what nobody here knows is ignored (RFC7591-2).
 *
 * @throws ClientMetadataError with the clause that forbids it
 */
export function registeredMetadata(
  client: string,
  { asked, stated }: { readonly asked: Metadata; readonly stated: Metadata },
): Metadata {
  const wanted = SHAPE.safeParse({ ...stated, ...asked })
  if (!wanted.success) throw new ClientMetadataError(client, 'a member is not of its type')
  const { response_types: responses, ...members } = wanted.data
  const known = Object.entries(members).filter(
    ([name]) => isKnownMember(name) || LOOKED_AT.has(name),
  )
  // oxlint-disable-next-line no-unsafe-type-assertion -- every member is looked at below
  const metadata = { ...Object.fromEntries(known), client_id: client } as ClientMetadata
  const payload = { ...registeredWith({ ...metadata }), ...asRegistered(metadata) }
  const broken = weakness({ ...payload, ...(responses && { response_types: responses }) })
  if (broken) throw new ClientMetadataError(client, broken.sentence, broken.clause)
  for (const [name, value] of Object.entries(asked)) {
    const isOfStatement = isKnownMember(name) && !OF_THE_CLIENT.has(name)
    const isFixed = isOfStatement || Object.hasOwn(stated, name)
    if (isFixed && !isDeepStrictEqual(value, stated[name]))
      throw new ClientMetadataError(
        client,
        `${name} is what the software statement says`,
        isOfStatement ? 'RFC7591-3.2.2' : 'RFC7591-2.3',
      )
  }
  if (relaxationOf(payload['profile']) !== undefined)
    throw new errors.UnapprovedSoftwareStatement('a weaker profile is for the operator to give')
  return payload
}
