import {
  Configuration,
  customFetch,
  dynamicClientRegistration,
  fetchProtectedResource,
  getDPoPHandle,
  randomDPoPKeyPair,
  ResponseBodyError,
  TlsClientAuth,
} from 'openid-client'

import type { ConnectOptions } from './connect.ts'
import { openConnection } from './connection.ts'
import { answerOf, refusal, withoutSecrets } from './errors.ts'
import type { ClientMaterial } from './material/material.ts'
import { withOneNonce } from './one-nonce.ts'
import { withShortAnswers } from './short-answers.ts'

/** Client metadata by the names of RFC 7591 §2. */
type Metadata = Readonly<Record<string, unknown>>

/**
 * A client that has registered itself, and manages what is registered (RFC 7592). Its registration
 * access token is bound to a key that never leaves the process, and is replaced at every update.
 *
 * Errors of all methods: ResponseBodyError with `error`, `error_description` and `status`; ClientError
 * `HOLDFAST_ISSUER` if the token were to go to another server than issued it.
 */
export interface Registration {
  readonly clientId: string
  /** As the server said last. */
  readonly metadata: Metadata
  read(): Promise<Metadata>
  /** Replaces what the client may say itself: what is left out is no longer registered (§2.2). */
  update(members: Metadata): Promise<Metadata>
  /** Ends the client, and every token that it has. */
  remove(): Promise<void>
  readonly close: () => Promise<void>
}

/**
 * Registers a client by a software statement (RFC 7591 §2.3), with a DPoP proof.
 *
 * @param at the issuer, and the roots that its server must lead to
 * @param statement a JWT by somebody whom the authorization server knows
 * @throws ResponseBodyError; ClientError `HOLDFAST_ISSUER`
 */
export async function register(
  at: Pick<ClientMaterial, 'issuer' | 'trust'>,
  statement: string,
  options: Pick<ConnectOptions, 'fetch'> = {},
): Promise<Registration> {
  const { issuer, trust } = at
  const connection = openConnection({ trust })
  const fetch = withShortAnswers(
    withOneNonce(options.fetch?.(connection.fetch) ?? connection.fetch),
  )
  try {
    const keys = await randomDPoPKeyPair('ES256')
    const DPoP = getDPoPHandle(new Configuration({ issuer }, 'yet-to-be-registered'), keys)
    const configuration = await withoutSecrets(
      dynamicClientRegistration(
        new URL(issuer),
        { software_statement: statement },
        TlsClientAuth(), // of the client that is made; nothing is sent by it
        { DPoP, [customFetch]: fetch },
      ),
    )
    if (configuration.serverMetadata().issuer !== issuer)
      throw refusal('HOLDFAST_ISSUER', `the metadata found at ${issuer} is that of another issuer`)
    const { registration_endpoint: endpoint = issuer } = configuration.serverMetadata()
    const send: Send = async (token, url, { method, body }) => {
      if (url.origin !== new URL(endpoint).origin)
        throw refusal('HOLDFAST_ISSUER', 'registration_client_uri is at another server')
      const headers = new Headers({ 'content-type': 'application/json' })
      return fetchProtectedResource(configuration, token, url, method, body, headers, { DPoP })
    }
    return management(configuration.clientMetadata(), send, connection.close)
  } catch (error) {
    await connection.close()
    throw error
  }
}

type Send = (
  token: string,
  url: URL,
  request: { readonly method: string; readonly body?: string },
) => Promise<Response>

function management(registered: Metadata, send: Send, close: Registration['close']): Registration {
  let metadata = registered
  const clientId = String(metadata['client_id'])

  async function manage(method: string, body?: object): Promise<Metadata> {
    const { registration_client_uri: url, registration_access_token: token } = metadata
    const request = { method, ...(body && { body: JSON.stringify(body) }) }
    const ask = async () => {
      const response = await answerOf(send(String(token), new URL(String(url)), request))
      const answer: Metadata = Object(JSON.parse((await response.text()) || '{}'))
      return { response, answer }
    }
    const first = await ask()
    // Where the challenge is that of an authorization server (RFC 9449 §8), openid-client leaves it.
    const isChallenge = first.answer['error'] === 'use_dpop_nonce'
    const { response, answer } = isChallenge ? await ask() : first
    if (!response.ok) throw refused(response, answer)
    return answer
  }

  return {
    clientId,
    get metadata() {
      return metadata
    },
    read: async () => (metadata = await manage('GET')),
    update: async (members) =>
      (metadata = await manage('PUT', { ...members, client_id: clientId })),
    remove: async () => {
      await manage('DELETE')
    },
    close,
  }
}

function refused(response: Response, { error, error_description: sentence }: Metadata) {
  const cause = {
    error: typeof error === 'string' ? error : `HTTP ${response.status}`,
    ...(typeof sentence === 'string' && { error_description: sentence }),
  }
  return new ResponseBodyError('the server refused', { cause, response })
}
