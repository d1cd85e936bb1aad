import {
  buildEndSessionUrl,
  clientCredentialsGrant,
  Configuration,
  type CryptoKeyPair,
  customFetch,
  fetchProtectedResource,
  getDPoPHandle,
  type MTLSEndpointAliases,
  randomDPoPKeyPair,
  refreshTokenGrant,
  type ServerMetadata,
  tokenRevocation,
  useJwtResponseMode,
} from 'openid-client'

import { authorize, type Session } from './authorization.ts'
import { authenticate } from './backchannel.ts'
import { type Fetch, openConnection } from './connection.ts'
import { authorizeDevice } from './device.ts'
import { discover } from './discovery.ts'
import { exchange } from './exchange.ts'
import { answerOf, refusal, withoutSecrets } from './errors.ts'
import type { FapiClient } from './fapi-client.ts'
import { logoutTokens } from './logout-token.ts'
import { checkMaterial, type ClientMaterial, usesCertificate } from './material/material.ts'
import { withOneNonce } from './one-nonce.ts'
import { withShortAnswers } from './short-answers.ts'
import { importSigningKey, type SigningKey } from './signing-key.ts'
import { exportPublicJwk, type ProofKey } from './proof.ts'
import { afterRefresh, readTokens, type TokenRequest } from './tokens.ts'

export interface ConnectOptions {
  /** Wraps the connection, so that a laboratory can observe or edit what goes over it. */
  readonly fetch?: (base: Fetch) => Fetch
  /**
   * FAPI 2.0 Message Signing: authorization requests are signed with the material's key, and no
   * authorization response counts but one that the server has signed (JARM).
   */
  readonly messageSigning?: boolean
}

/**
 * Finds the authorization server and, for a DPoP client, makes a key.
 *
 * @throws MaterialError; ClientError, with `HOLDFAST_ISSUER` if the metadata is another issuer's
 */
export async function connect(
  material: ClientMaterial,
  options: ConnectOptions = {},
): Promise<FapiClient> {
  checkMaterial(material)
  const connection = openConnection(material)
  const fetch = options.fetch?.(connection.fetch) ?? connection.fetch
  try {
    const ofResources = withOneNonce(fetch)
    const ofServer = withShortAnswers(ofResources)
    const configuration = await discover(material, ofServer)
    const resources = new Configuration(configuration.serverMetadata(), material.clientId)
    resources[customFetch] = ofResources // what a resource answers may be long
    if (options.messageSigning) useJwtResponseMode(configuration)
    const key = material.key && (await importSigningKey(material.key))
    if (options.messageSigning && !key)
      throw refusal('HOLDFAST_KEY', 'no key to sign requests with')
    // Non-extractable unless asked otherwise, and nobody here asks.
    const keys = material.binding === 'dpop' ? await randomDPoPKeyPair('ES256') : undefined
    const proofKey = keys && (await asProofKey(keys))
    return {
      ...operations({
        material,
        configuration,
        resources,
        fetch: ofServer,
        ...(keys && { DPoP: getDPoPHandle(configuration, keys) }),
        ...(key && { key }),
        ...(key && options.messageSigning && { signingKey: key }),
      }),
      ...(proofKey && { proofKey }),
      fetch,
      close: connection.close,
    }
  } catch (error) {
    await connection.close()
    throw error
  }
}

function operations(
  session: Session & {
    readonly resources: Configuration
    readonly fetch: Fetch
    readonly key?: SigningKey
  },
) {
  const { material, configuration, resources, DPoP, key } = session
  const metadata = configuration.serverMetadata()
  const options = DPoP && { DPoP }
  return {
    material,
    metadata,
    endpoint: (name) => endpointOf(metadata, name, usesCertificate(material)),
    clientCredentials: async (request) =>
      readTokens(
        await withoutSecrets(clientCredentialsGrant(configuration, parametersOf(request), options)),
        material,
      ),
    authorize: (request) => authorize(session, request),
    authenticate: async (request) => {
      if (!key) throw refusal('HOLDFAST_KEY', 'no key to sign requests with')
      return authenticate({ ...session, signingKey: key }, request)
    },
    authorizeDevice: (request) => authorizeDevice(session, request),
    exchange: (request) => exchange(session, request),
    refresh: async (tokens, request = {}) => {
      if (!tokens.refresh_token) throw refusal('HOLDFAST_REFRESH_TOKEN', 'no refresh token')
      const response = await withoutSecrets(
        refreshTokenGrant(configuration, tokens.refresh_token, parametersOf(request), options),
      )
      return afterRefresh(tokens, readTokens(response, material))
    },
    revoke: (token) => withoutSecrets(tokenRevocation(configuration, token)),
    logoutUrl: ({ id_token: hint }, postLogoutRedirectUri) =>
      buildEndSessionUrl(configuration, {
        ...(hint !== undefined && { id_token_hint: hint }),
        ...(postLogoutRedirectUri !== undefined && {
          post_logout_redirect_uri: postLogoutRedirectUri,
        }),
      }),
    checkLogoutToken: logoutTokens(session),
    call: async ({ access_token }, method, url, { headers, body } = {}) => {
      const fields = new Headers(headers)
      if (fields.has('authorization') || fields.has('dpop')) {
        throw refusal('HOLDFAST_HEADER', 'call sets Authorization and DPoP itself')
      }
      return answerOf(
        fetchProtectedResource(
          resources,
          access_token,
          new URL(url),
          method,
          body,
          fields,
          options,
        ),
      )
    },
  } satisfies Partial<FapiClient>
}

const parametersOf = ({
  scope,
  resource,
  authorizationDetails,
}: TokenRequest): Record<string, string> => ({
  ...(scope !== undefined && { scope }),
  ...(resource !== undefined && { resource }),
  ...(authorizationDetails && { authorization_details: JSON.stringify(authorizationDetails) }),
})

/** RFC 8705 §5. */
function endpointOf(
  metadata: ServerMetadata,
  name: keyof MTLSEndpointAliases,
  aliased: boolean,
): URL {
  const url = (aliased && metadata.mtls_endpoint_aliases?.[name]) || metadata[name]
  if (typeof url !== 'string') throw new TypeError(`the metadata has no ${String(name)}`)
  return new URL(url)
}

const asProofKey = async ({ privateKey, publicKey }: CryptoKeyPair): Promise<ProofKey> => ({
  privateKey,
  publicJwk: await exportPublicJwk(publicKey),
  alg: 'ES256',
})
