/* oxlint-disable no-console -- a demo speaks to the person who runs it */
import { readFileSync } from 'node:fs'
import { setDefaultCACertificates } from 'node:tls'
import * as client from 'openid-client'

// node packages/client/src/demos/tools/openid-client.ts [folder of a client] [resource server]
const [folder = '.lab/clients/private-key-jwt-dpop', resource = 'https://localhost:9543'] =
  process.argv.slice(2)
const read = (file: string): string => readFileSync(`${folder}/${file}`, 'utf8')

setDefaultCACertificates([read('trust.pem')])
const { issuer, clientId } = JSON.parse(read('client.json'))
const jwk = JSON.parse(read('key.jwk.json'))
const ES256 = { name: 'ECDSA', namedCurve: 'P-256' }
const key = await crypto.subtle.importKey('jwk', jwk, ES256, false, ['sign'])

const authentication = client.PrivateKeyJwt({ key, kid: jwk.kid })
const config = await client.discovery(new URL(issuer), clientId, undefined, authentication)
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))

const request = { scope: 'accounts', resource }
const tokens = await client.clientCredentialsGrant(config, request, { DPoP })
console.log(`token of type ${tokens.token_type}, ${tokens.expires_in} s, scope "${tokens.scope}"`)
// openid-client takes a Bearer token as well, and would present it so that anybody can use it.
if (tokens.token_type !== 'dpop') throw new Error(`a token of type ${tokens.token_type}`)

const [url, token] = [new URL(`${resource}/accounts`), tokens.access_token]
const ask = [config, token, url, 'GET', undefined, undefined, { DPoP }] as const
const response = await client.fetchProtectedResource(...ask)
console.log(`GET ${url.href}: ${response.status}`)
console.log(await response.text())
if (!response.ok) process.exitCode = 1
