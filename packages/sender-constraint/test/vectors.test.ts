/** Published examples, byte for byte. */
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  importJwk,
  jwkThumbprint,
  normaliseUri,
  parseConfirmation,
  parseJws,
  sha256,
  verifies,
} from '../src/index.ts'

const KEY = {
  kty: 'EC',
  x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
  y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
  crv: 'P-256',
}
const HEADER =
  'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19'
const TOKEN = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'

test.for([
  {
    source: 'RFC 9449 §5, figure 4: proof for the token endpoint',
    proof: `${HEADER}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg`,
    claims: {
      jti: '-BwC3ESc6acc2lTc',
      htm: 'POST',
      htu: 'https://server.example.com/token',
      iat: 1562262616,
    },
  },
  {
    source: 'RFC 9449 §7.1, figure 12: proof for the protected resource',
    proof: `${HEADER}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA`,
    claims: {
      jti: 'e1j3V_bKic8-LAEB',
      htm: 'GET',
      htu: 'https://resource.example.org/protectedresource',
      iat: 1562262618,
      ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo',
    },
  },
])('$source', ({ proof, claims }) => {
  const jws = parseJws(proof, 12_288)
  if (typeof jws === 'string') throw new Error(jws)
  expect(jws.header).toEqual({ typ: 'dpop+jwt', alg: 'ES256', jwk: KEY })
  expect(jws.claims).toEqual(claims)
  const key = importJwk(jws.header['jwk'])!
  expect(verifies('ES256', key, jws.signingInput, jws.signature)).toBe(true)
  expect(verifies('ES256', key, `${jws.signingInput}A`, jws.signature)).toBe(false)
})

test('RFC 9449 §6.1, figure 9: jkt of the key in the proofs', () => {
  expect(jwkThumbprint(KEY)).toBe('0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I')
})

test('RFC 9449 §7.1, figure 12: ath of the access token', () => {
  expect(sha256(TOKEN)).toBe('fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo')
})

test('RFC 7638 §3.1: thumbprint of an RSA key, members in any order, others ignored', () => {
  const key = {
    kty: 'RSA',
    n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
    e: 'AQAB',
    alg: 'RS256',
    kid: '2011-04-29',
  }
  expect(jwkThumbprint(key)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
})

test('RFC 8037 §A.3: thumbprint of an Ed25519 key', () => {
  const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
  expect(jwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x })).toBe(
    'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  )
})

test('RFC 8037 §A.5: an Ed25519 signature', () => {
  const key = importJwk({
    kty: 'OKP',
    crv: 'Ed25519',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  })!
  const input = 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc'
  const signature = Buffer.from(
    'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
    'base64url',
  )
  expect(verifies('EdDSA', key, input, signature)).toBe(true)
  expect(verifies('Ed25519', key, input, signature)).toBe(true)
  expect(verifies('ES256', key, input, signature)).toBe(false)
})

test('RFC 8705 §3.1, figure 3: a certificate-bound token', () => {
  const cnf = { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' }
  // The published example ends in stray bits: 43 characters hold 258, and its last two are set.
  expect(parseConfirmation(cnf).malformed).toMatch(/x5t#S256/)
  expect(parseConfirmation({ 'x5t#S256': `${cnf['x5t#S256'].slice(0, -1)}w` })).toEqual({
    x5t: 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dgw',
  })
})

test.for([
  ['RFC 3986 §6.2.2', 'HTTP://www.EXAMPLE.com/', 'http://www.example.com/'],
  ['RFC 3986 §6.2.3: empty path', 'http://example.com', 'http://example.com/'],
  ['RFC 3986 §6.2.3: empty port', 'http://example.com:/', 'http://example.com/'],
  ['RFC 3986 §6.2.3: default port', 'http://example.com:80/', 'http://example.com/'],
  ['RFC 3986 §5.2.4', 'https://a/a/b/c/./../../g', 'https://a/a/g'],
] as const)('%s', ([, uri, normal]) => {
  expect(normaliseUri(uri)).toBe(normal)
})

test('RFC 9964, the ML-DSA-44 key of a seed of zeros: its kid is its thumbprint', () => {
  // PKCS #8 (RFC 9881 §6): version 0, id-ml-dsa-44, and the seed alone
  const seed = Buffer.concat([
    Buffer.from('3034020100300b060960864801650304031104228020', 'hex'),
    Buffer.alloc(32),
  ])
  const privateKey = createPrivateKey({ key: seed, format: 'der', type: 'pkcs8' })
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' })
  expect(jwkThumbprint(jwk)).toBe('T4xl70S7MT6Zeq6r9V9fPJGVn76wfnXJ21-gyo0Gu6o')
})
