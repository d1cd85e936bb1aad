import {
  type ClientAuth,
  Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  modifyAssertion,
  PrivateKeyJwt,
  type ServerMetadata,
  TlsClientAuth,
} from 'openid-client'

import type { Fetch } from './connection.ts'
import { refusal, withoutSecrets } from './errors.ts'
import { type ClientMaterial, SIGNING_ALGORITHMS, usesCertificate } from './material/material.ts'
import { importSigningKey } from './signing-key.ts'

/**
 * The authorization server's metadata, found from the issuer identifier alone, with this client's
 * authentication: all that openid-client needs.
 *
 * @throws ClientError `HOLDFAST_ISSUER` if the metadata is another issuer's, or sends us where there
 *   is no TLS (FAPI 2.0 SP §5.2.1)
 */
export async function discover(material: ClientMaterial, fetch: Fetch): Promise<Configuration> {
  const client = { use_mtls_endpoint_aliases: usesCertificate(material) } // RFC 8705 §5
  const authentication = await clientAuthentication(material)
  const found = await withoutSecrets(
    discovery(new URL(material.issuer), material.clientId, client, authentication, {
      [customFetch]: fetch,
    }),
  )
  const metadata = found.serverMetadata()
  // openid-client compares parsed URLs; RFC 8414 §3.3 wants the identical string, and this string
  // becomes the audience of every assertion and the expected `iss` of every response.
  if (metadata.issuer !== material.issuer) {
    throw refusal(
      'HOLDFAST_ISSUER',
      `the metadata found at ${material.issuer} is that of another issuer`,
    )
  }
  const plain = [metadata, metadata.mtls_endpoint_aliases ?? {}]
    .flatMap((members): [string, unknown][] => Object.entries(members))
    .find(([name, url]) => ENDPOINT.test(name) && !isHttps(url))
  if (plain) throw refusal('HOLDFAST_ISSUER', `${plain[0]} in the metadata is no https URL`)
  const configuration = new Configuration(
    asFapiRequires(metadata),
    material.clientId,
    client,
    authentication,
  )
  configuration[customFetch] = fetch
  enableNonRepudiationChecks(configuration) // signatures of ID tokens, also when they came over TLS
  return configuration
}

const ENDPOINT = /_endpoint$|^jwks_uri$/
const isHttps = (url: unknown): boolean => typeof url === 'string' && url.startsWith('https://')

/** What a server may leave open in its metadata and a FAPI 2.0 client may not. */
function asFapiRequires(metadata: ServerMetadata): ServerMetadata {
  const allowed = (offered: readonly string[] = SIGNING_ALGORITHMS): string[] =>
    offered.filter((alg) => SIGNING_ALGORITHMS.includes(alg))
  return {
    ...metadata,
    // Without it openid-client accepts a response without `iss` (FAPI 2.0 SP §5.3.3.2, RFC 9207 §2.4).
    authorization_response_iss_parameter_supported: true,
    id_token_signing_alg_values_supported: allowed(metadata.id_token_signing_alg_values_supported),
    authorization_signing_alg_values_supported: allowed(
      metadata.authorization_signing_alg_values_supported,
    ),
  }
}

/** openid-client makes `aud` the issuer as a single string by itself (FAPI 2.0 SP §5.3.3.1). */
async function clientAuthentication(material: ClientMaterial): Promise<ClientAuth> {
  if (material.authentication !== 'private_key_jwt' || !material.key) return TlsClientAuth()
  const { key, asRegistered } = await importSigningKey(material.key)
  return PrivateKeyJwt(key, { [modifyAssertion]: asRegistered })
}
