// What a client signs: Bruno has no DPoP and no private_key_jwt of its own.
const { createHash, createPrivateKey, createPublicKey, randomUUID, sign } = require('crypto')
const { readFileSync } = require('fs')

const segment = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

function jwt(jwk, header, claims) {
  const input = `${segment({ alg: 'ES256', ...header })}.${segment(claims)}`
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

const read = (folder, file) => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'))
const now = () => Math.floor(Date.now() / 1000)

/** RFC 7523 §3, for the issuer and no other audience. */
function assertion(folder) {
  const jwk = read(folder, 'key.jwk.json')
  const { clientId, issuer } = read(folder, 'client.json')
  const claims = { iss: clientId, sub: clientId, aud: issuer, exp: now() + 60, jti: randomUUID() }
  return jwt(jwk, { kid: jwk.kid }, claims)
}

/** RFC 9449 §4.2, by the client's key. */
function proof(folder, { method, url, token, nonce }) {
  const jwk = read(folder, 'key.jwk.json')
  const { kty, crv, x, y } = createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'jwk' })
  const ath = token && createHash('sha256').update(token).digest('base64url')
  const claims = { htm: method, htu: url, iat: now(), jti: randomUUID(), ath, nonce }
  return jwt(jwk, { typ: 'dpop+jwt', jwk: { kty, crv, x, y } }, claims)
}

/** What is refused with a nonce is run once more, and no third time. */
function askedForNonce(bru, response, name) {
  const nonce = response.getHeader('dpop-nonce')
  const again = [400, 401].includes(response.getStatus()) && nonce && !bru.getVar('nonce')
  bru.setVar('nonce', again ? nonce : '')
  if (again) bru.runner.setNextRequest(name)
  return again
}

module.exports = { assertion, proof, askedForNonce }
