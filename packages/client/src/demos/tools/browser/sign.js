// What a client signs, by WebCrypto: assertions and DPoP proofs.

/** @param {Uint8Array | ArrayBuffer} bytes */
const base64url = (bytes) =>
  new Uint8Array(bytes).toBase64({ alphabet: 'base64url', omitPadding: true })
const bytesOf = (/** @type {string} */ text) => new TextEncoder().encode(text)

/** @param {string} text */
export const sha256 = async (text) =>
  base64url(await crypto.subtle.digest('SHA-256', bytesOf(text)))

/** Public members, in the order of RFC 7638. @param {CryptoKeyPair} pair */
async function publicJwk({ publicKey }) {
  const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', publicKey)
  return { crv, kty, x, y }
}

/** RFC 7638. @param {CryptoKeyPair} pair */
export const thumbprint = async (pair) => sha256(JSON.stringify(await publicJwk(pair)))

/** A compact JWS by ES256. @param {CryptoKeyPair} pair @param {object} header @param {object} claims */
export async function sign({ privateKey }, header, claims) {
  const parts = [{ alg: 'ES256', ...header }, claims].map((part) => JSON.stringify(part))
  const input = parts.map((part) => base64url(bytesOf(part))).join('.')
  const how = { name: 'ECDSA', hash: 'SHA-256' }
  return `${input}.${base64url(await crypto.subtle.sign(how, privateKey, bytesOf(input)))}`
}

/** RFC 9449 §4.2. @param {CryptoKeyPair} pair @param {object} claims htm, htu; ath, nonce if there are */
export const proof = async (pair, claims) =>
  sign(
    pair,
    { typ: 'dpop+jwt', jwk: await publicJwk(pair) },
    { jti: crypto.randomUUID(), iat: Math.floor(Date.now() / 1000), ...claims },
  )
