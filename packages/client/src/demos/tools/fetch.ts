/* oxlint-disable no-console -- a demo speaks to the person who runs it */
import { createHash, randomUUID, type webcrypto } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setDefaultCACertificates } from 'node:tls'

// node packages/client/src/demos/tools/fetch.ts [folder of a client] [resource server]
const [folder = '.lab/clients/private-key-jwt-dpop', resource = 'https://localhost:9543'] =
  process.argv.slice(2)
const read = (file: string): string => readFileSync(`${folder}/${file}`, 'utf8')

setDefaultCACertificates([read('trust.pem')])
const { issuer, clientId } = JSON.parse(read('client.json'))
const jwk = JSON.parse(read('key.jwk.json'))
const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const clientKey = await crypto.subtle.importKey('jwk', jwk, ES256, false, ['sign'])
const dpopKey = await crypto.subtle.generateKey(ES256, false, ['sign', 'verify'])
const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', dpopKey.publicKey)

/** A compact JWS (RFC 7515 §7.1). */
async function sign(key: webcrypto.CryptoKey, header: object, claims: object): Promise<string> {
  const segment = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const input = `${segment({ alg: 'ES256', ...header })}.${segment(claims)}`
  const signature = await crypto.subtle.sign(ES256, key, Buffer.from(input))
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}
const now = () => Math.floor(Date.now() / 1000)

/** RFC 7523 §3; its audience is the issuer, and not the token endpoint (FAPI 2.0 SP §5.3.3.1). */
const assertion = () => {
  const claims = { iss: clientId, sub: clientId, aud: issuer, exp: now() + 60, jti: randomUUID() }
  return sign(clientKey, { kid: jwk.kid }, claims)
}

/** RFC 9449 §4.2: `ath` where there is a token, `nonce` where the server gave one. */
const proof = (htm: string, htu: string, more: object) => {
  const claims = { htm, htu, iat: now(), jti: randomUUID(), ...more }
  return sign(dpopKey.privateKey, { typ: 'dpop+jwt', jwk: { kty, crv, x, y } }, claims)
}

/** What is refused with a nonce is sent once more with it, and no third time (RFC 9449 §8, §9). */
async function twice(send: (nonce: object) => Promise<Response>): Promise<Response> {
  const response = await send({})
  const nonce = response.headers.get('dpop-nonce')
  return response.ok || nonce === null ? response : send({ nonce })
}

const found = await fetch(`${issuer}/.well-known/oauth-authorization-server`)
const metadata = JSON.parse(await found.text())
if (metadata.issuer !== issuer) throw new Error('the metadata is that of another issuer')
const endpoint: string = metadata.token_endpoint

const answer = await twice(async (nonce) =>
  fetch(endpoint, {
    method: 'POST',
    redirect: 'error',
    headers: { DPoP: await proof('POST', endpoint, nonce) },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'accounts',
      resource,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertion(),
    }),
  }),
)
const tokens = JSON.parse(await answer.text())
if (!answer.ok) throw new Error(tokens.error)
const type = String(tokens.token_type).toLowerCase() // in any case: RFC 6749 §5.1
console.log(`token of type ${type}, ${tokens.expires_in} s, scope "${tokens.scope}"`)
if (type !== 'dpop') throw new Error(`a token of type ${type}`)

const url = `${resource}/accounts`
const token: string = tokens.access_token
const ath = createHash('sha256').update(token).digest('base64url')
const response = await twice(async (nonce) => {
  const DPoP = await proof('GET', url, { ath, ...nonce })
  return fetch(url, { redirect: 'error', headers: { Authorization: `DPoP ${token}`, DPoP } })
})
console.log(`GET ${url}: ${response.status}`)
console.log(await response.text())
if (!response.ok) process.exitCode = 1
