/* oxlint-disable no-console -- a demo speaks to the person who runs it */
import { readFileSync } from 'node:fs'
import { setDefaultCACertificates } from 'node:tls'
import * as oauth from 'oauth4webapi'

// node packages/client/src/demos/tools/oauth4webapi.ts [folder of a client] [resource server]
const [folder = '.lab/clients/private-key-jwt-dpop', resource = 'https://localhost:9543'] =
  process.argv.slice(2)
const read = (file: string): string => readFileSync(`${folder}/${file}`, 'utf8')

setDefaultCACertificates([read('trust.pem')])
const { issuer, clientId } = JSON.parse(read('client.json'))
const jwk = JSON.parse(read('key.jwk.json'))
const ES256 = { name: 'ECDSA', namedCurve: 'P-256' }
const key = await crypto.subtle.importKey('jwk', jwk, ES256, false, ['sign'])

const found = await oauth.discoveryRequest(new URL(issuer))
const server = await oauth.processDiscoveryResponse(new URL(issuer), found)
const client: oauth.Client = { client_id: clientId }
const authentication = oauth.PrivateKeyJwt({ key, kid: jwk.kid })
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))

/** A request that a server answers with a nonce is sent once more; the handle has kept the nonce. */
async function twice<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send()
  } catch (error) {
    if (oauth.isDPoPNonceError(error)) return send()
    throw error
  }
}

const parameters = new URLSearchParams({ scope: 'accounts', resource })
const tokens = await twice(async () => {
  const ask = [server, client, authentication, parameters, { DPoP }] as const
  const answer = await oauth.clientCredentialsGrantRequest(...ask)
  return oauth.processClientCredentialsResponse(server, client, answer)
})
console.log(`token of type ${tokens.token_type}, ${tokens.expires_in} s, scope "${tokens.scope}"`)
// Like openid-client, which is built on it, it would take a Bearer token as well.
if (tokens.token_type !== 'dpop') throw new Error(`a token of type ${tokens.token_type}`)

const [url, token] = [new URL(`${resource}/accounts`), tokens.access_token]
const ask = [token, 'GET', url, undefined, undefined, { DPoP }] as const
const response = await twice(() => oauth.protectedResourceRequest(...ask))
console.log(`GET ${url.href}: ${response.status}`)
console.log(await response.text())
if (!response.ok) process.exitCode = 1
