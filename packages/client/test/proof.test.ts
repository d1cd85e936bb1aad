import { createPrivateKey, KeyObject } from 'node:crypto'

import { calculateJwkThumbprint, EmbeddedJWK, exportJWK, generateKeyPair, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'

import {
  accessTokenHash,
  certificateThumbprint,
  generateProofKey,
  makeProof,
  type ProofAlgorithm,
  thumbprint,
} from '../src/index.ts'

const RFC7638_KEY = {
  kty: 'RSA',
  n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
  e: 'AQAB',
  alg: 'RS256',
  kid: '2011-04-29',
}

const RFC8037_KEY = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
}

// In the order of the figure, since a byte for byte comparison depends on it.
const RFC9449_KEY = {
  kty: 'EC',
  x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
  y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
  crv: 'P-256',
}

const RFC9449_FIGURE_1 =
  'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6Ik' +
  'VDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR' +
  'nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE' +
  'QSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIj' +
  'oiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwia' +
  'WF0IjoxNTYyMjYyNjE2fQ'

const RFC8705_APPENDIX_A = `-----BEGIN CERTIFICATE-----
MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAx
ODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqG
SM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ
/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwID
SQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOV
bUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=
-----END CERTIFICATE-----
`

const ALGORITHMS = ['ES256', 'PS256', 'EdDSA', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const
const REQUEST = { method: 'GET', url: 'https://api.example/accounts' }

describe('published vectors', () => {
  it('RFC 7638 §3.1: thumbprint of an RSA key', () => {
    expect(thumbprint(RFC7638_KEY)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
  })

  it('RFC 8037 appendix A.3: thumbprint of an Ed25519 key', () => {
    expect(thumbprint(RFC8037_KEY)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
  })

  it('RFC 9449 §6.1: jkt of the key of figure 1', () => {
    expect(thumbprint(RFC9449_KEY)).toBe('0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I')
  })

  it('RFC 9449 §7.1: ath of the access token of figure 12', () => {
    expect(accessTokenHash('Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU')).toBe(
      'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo',
    )
  })

  it('RFC 8705 appendix A: x5t#S256 of the example certificate', () => {
    expect(certificateThumbprint(RFC8705_APPENDIX_A)).toBe(
      'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0',
    )
  })

  it('RFC 9449 §4.1: header and claims of figure 1, byte for byte', async () => {
    const { privateKey } = await generateProofKey('ES256')
    const proof = await makeProof(
      { privateKey, publicJwk: RFC9449_KEY, alg: 'ES256' },
      {
        method: 'POST',
        url: 'https://server.example.com/token',
        now: 1562262616,
        claims: { jti: '-BwC3ESc6acc2lTc' },
      },
    )
    expect(proof.split('.').slice(0, 2).join('.')).toBe(RFC9449_FIGURE_1)
  })
})

describe('makeProof', () => {
  it.each<ProofAlgorithm>(ALGORITHMS)('signs with %s', async (alg) => {
    const key = await generateProofKey(alg)
    const proof = await makeProof(key, { ...REQUEST, accessToken: 'token', nonce: 'n' })
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt' })
    expect(protectedHeader.alg).toBe(alg)
    expect(payload).toMatchObject({ htm: 'GET', htu: REQUEST.url, nonce: 'n' })
    expect(payload['ath']).toBe(accessTokenHash('token'))
    expect(thumbprint(key.publicJwk)).toBe(await calculateJwkThumbprint(key.publicJwk))
  })

  it.each<ProofAlgorithm>(ALGORITHMS)('signs with a KeyObject, %s', async (alg) => {
    const pair = await generateKeyPair(alg, { extractable: true })
    const privateKey = createPrivateKey({ format: 'jwk', key: await exportJWK(pair.privateKey) })
    const { kty, ...members } = await exportJWK(pair.publicKey)
    const publicJwk = { kty: kty ?? '', ...members }
    const proof = await makeProof({ privateKey, publicJwk, alg }, REQUEST)
    expect(privateKey).toBeInstanceOf(KeyObject)
    await expect(jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt' })).resolves.toBeDefined()
  })

  it('RFC9449-4.2 puts neither query nor fragment into htu', async () => {
    const url = `${REQUEST.url}?a=b#c`
    expect(await claimsOf({ ...REQUEST, url })).toMatchObject({ htu: REQUEST.url })
  })

  it('adds neither ath nor nonce without being told', async () => {
    expect(Object.keys(await claimsOf(REQUEST))).toEqual(['jti', 'htm', 'htu', 'iat'])
  })

  it('never uses a jti twice', async () => {
    const [first, second] = [await claimsOf(REQUEST), await claimsOf(REQUEST)]
    expect(first['jti']).not.toBe(second['jti'])
  })

  it('lets an attack replace, add and remove members', async () => {
    const key = await generateProofKey('ES256')
    const header = { typ: undefined, alg: 'none', crit: ['x'] }
    const proof = await makeProof(key, {
      ...REQUEST,
      header,
      claims: { htm: 'PUT', iat: undefined },
    })
    const [first, second] = proof.split('.', 2).map(parse)
    expect(first).toEqual({ alg: 'none', jwk: key.publicJwk, crit: ['x'] })
    expect(second).toEqual({ jti: expect.any(String), htm: 'PUT', htu: REQUEST.url })
  })
})

describe('keys', () => {
  it('keep their private half to themselves', async () => {
    const { privateKey, publicJwk } = await generateProofKey('ES256')
    expect(privateKey).toHaveProperty('extractable', false)
    expect(Object.keys(publicJwk).sort()).toEqual(['crv', 'kty', 'x', 'y'])
  })

  it('thumbprint refuses what has none', () => {
    expect(() => thumbprint({ kty: 'oct', k: 'AAAA' })).toThrow(TypeError)
    expect(() => thumbprint({ kty: 'EC', crv: 'P-256', x: 'AAAA' })).toThrow(
      'the JWK has no string y',
    )
  })
})

async function claimsOf(options: Parameters<typeof makeProof>[1]) {
  const proof = await makeProof(await generateProofKey('ES256'), options)
  return parse(proof.split('.')[1] ?? '')
}

function parse(segment: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(segment, 'base64url').toString())
}
