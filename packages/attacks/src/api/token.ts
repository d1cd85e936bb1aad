/** The access token itself (RFC 9068, RFC 7662, RFC 7519). */
import { createHmac } from 'node:crypto'
import { generateProofKey } from '@holdfast/client'
import { encode, json, resign, segments } from '../jwt.ts'
import type { Attack } from './attack.ts'
import { seconds } from '../seconds.ts'

const invalidToken = { status: 401, error: 'invalid_token' } as const

export const garbage: Attack = {
  id: 'token/garbage',
  title: 'Something that is no token',
  clause: 'RFC7519-7.2',
  answer: invalidToken,
  play: ({ byMtls, send }) => send(byMtls({ token: 'x'.repeat(64) })),
}

export const unknownOpaque: Attack = {
  id: 'token/unknown-opaque',
  title: 'An opaque token that the issuer does not know',
  clause: 'RFC7662-2.2',
  answer: invalidToken,
  overlaps: ['RFC9068-4-4', 'FAPI2SP-5.3.4-5', 'FAPI2SP-5.3.4-4'],
  play: ({ byMtls, send, opaqueUrl, url }) =>
    send(byMtls({ url: opaqueUrl ?? url, token: 'x'.repeat(43) })),
}

export const plainIntrospection: Attack = {
  id: 'token/plain-introspection',
  title: 'An introspection answer that anybody could have written, where a signed one was asked',
  clause: 'RFC9110-15.6.4',
  answer: { status: 503, error: 'temporarily_unavailable' },
  situation: 'plain-introspection',
  play: async ({ byDpop, send, opaqueUrl, url, opaqueToken, dpop }) =>
    send(await byDpop({ url: opaqueUrl ?? url, token: opaqueToken ?? dpop.token })),
}

export const criticalExtension: Attack = {
  id: 'token/critical-extension',
  title: 'A token whose issuer relies on an extension that we do not know',
  clause: 'RFC7515-4.1.11',
  answer: invalidToken,
  forges: true,
  play: async ({ byMtls, send, forged }) =>
    send(byMtls({ token: await forged({ header: { crit: ['b64'], b64: true } }) })),
}

export const unsigned: Attack = {
  id: 'token/unsigned',
  title: 'The victim’s token with alg none and no signature',
  clause: 'FAPI2SP-5.4.1-1b',
  answer: invalidToken,
  overlaps: ['RFC9068-4-5'],
  play: ({ byMtls, send, mtls }) => {
    const [header, payload] = segments(mtls.token)
    return send(byMtls({ token: `${withAlg(header, 'none')}.${payload}.` }))
  },
}

export const publicKeyAsSecret: Attack = {
  id: 'token/hs256',
  title: 'The victim’s claims with HS256, keyed with what everybody knows of the issuer',
  clause: 'FAPI2SP-5.4.1-1b',
  answer: invalidToken,
  overlaps: ['RFC9068-4-5'],
  play: ({ byMtls, send, mtls }) => {
    const [header, payload] = segments(mtls.token)
    const input = `${withAlg(header, 'HS256')}.${payload}`
    const code = createHmac('sha256', String(json(payload)['iss'])).update(input)
    return send(byMtls({ token: `${input}.${code.digest('base64url')}` }))
  },
}

export const anotherSpelling: Attack = {
  id: 'token/another-spelling',
  title: 'A token with another encoding of its signature, which a list of hashes would not know',
  clause: 'RFC7519-7.2',
  answer: invalidToken,
  play: ({ byMtls, send, mtls }) => send(byMtls({ token: respelt(mtls.token) })),
}

// 64 bytes leave four bits in the last character that count for nothing.
const respelt = (token: string): string =>
  token.slice(0, -1) + String.fromCharCode(token.charCodeAt(token.length - 1) + 1)

export const postQuantum: Attack = {
  id: 'token/ml-dsa',
  title: 'The victim’s claims, signed with ML-DSA-44 under the issuer’s kid',
  clause: 'FAPI2SP-5.4.1-1b',
  answer: invalidToken,
  overlaps: ['RFC9068-4-5'],
  play: async ({ byMtls, send, mtls }) => {
    const key = await generateProofKey('ML-DSA-44')
    const token = await resign(key, mtls.token, { header: { alg: key.alg } })
    return send(byMtls({ token }))
  },
}

const withAlg = (header: string, alg: string): string => encode({ ...json(header), alg })

export const anonymous: Attack = {
  id: 'token/without-client',
  title: 'A token that does not say for which client it was issued',
  clause: 'RFC9068-2.2',
  answer: invalidToken,
  forges: true,
  play: async ({ byMtls, send, forged }) =>
    send(byMtls({ token: await forged({ claims: { client_id: undefined } }) })),
}

export const idToken: Attack = {
  id: 'token/id-token',
  title: 'A JWT of the right issuer and audience that is no access token',
  clause: 'RFC9068-4-1',
  answer: invalidToken,
  forges: true,
  play: async ({ byMtls, send, forged }) =>
    send(byMtls({ token: await forged({ header: { typ: 'JWT' } }) })),
}

export const logoutToken: Attack = {
  id: 'token/logout-token',
  title: 'A logout token, which the issuer signs for a client, as access token',
  clause: 'RFC9068-4-1',
  answer: invalidToken,
  forges: true,
  play: async ({ byMtls, send, forged }) => {
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
    return send(
      byMtls({ token: await forged({ header: { typ: 'logout+jwt' }, claims: { events } }) }),
    )
  },
}

export const otherIssuer: Attack = {
  id: 'token/other-issuer',
  title: 'A token of another issuer',
  clause: 'RFC9068-4-3',
  answer: invalidToken,
  overlaps: ['RFC9068-4-5', 'FAPI2SP-5.3.4-3'], // no key and no list of ours is another issuer's
  forges: true,
  play: async ({ byMtls, send, forged }) =>
    send(byMtls({ token: await forged({ claims: { iss: 'https://evil.example' } }) })),
}

export const otherAudience: Attack = {
  id: 'token/other-audience',
  title: 'A token that was issued for another resource server',
  clause: 'RFC9068-4-4',
  answer: invalidToken,
  forges: true,
  play: async ({ byMtls, send, forged }) =>
    send(byMtls({ token: await forged({ claims: { aud: 'https://other.example' } }) })),
}

export const forgedSignature: Attack = {
  id: 'token/forged-signature',
  title: 'The victim’s claims, signed by the attacker under the issuer’s kid',
  clause: 'RFC9068-4-5',
  answer: invalidToken,
  play: async ({ byMtls, send, mtls, attacker }) =>
    send(byMtls({ token: await resign(attacker.key, mtls.token) })),
}

export const unknownKid: Attack = {
  id: 'token/unknown-kid',
  title: 'A token by a key that the issuer does not publish under this name',
  clause: 'RFC9068-4-5',
  answer: invalidToken,
  forges: true,
  play: async ({ byMtls, send, forged }) =>
    send(byMtls({ token: await forged({ header: { kid: 'nobody’s' } }) })),
}

export const opaqueForJwt: Attack = {
  id: 'token/opaque-for-jwt',
  title: 'An opaque token of the issuer, where tokens are read without asking it',
  clause: 'RFC7519-7.2',
  answer: invalidToken,
  play: ({ byMtls, send, opaqueToken = 'none' }) => send(byMtls({ token: opaqueToken })),
}

export const expired: Attack = {
  id: 'token/expired',
  title: 'A token that expired a second ago',
  clause: 'RFC9068-4-6',
  answer: invalidToken,
  forges: true,
  play: async ({ byMtls, send, forged }) =>
    send(byMtls({ token: await forged({ claims: { exp: seconds() - 1 } }) })),
}

export const notYetValid: Attack = {
  id: 'token/not-yet-valid',
  title: 'A token that will be valid in an hour',
  clause: 'RFC7519-4.1.5',
  answer: invalidToken,
  forges: true,
  play: async ({ byMtls, send, forged }) =>
    send(byMtls({ token: await forged({ claims: { nbf: seconds() + 3600 } }) })),
}

export const tooLittleScope: Attack = {
  id: 'token/too-little-scope',
  title: 'A good token that does not grant this',
  clause: 'FAPI2SP-5.3.4-4',
  answer: { status: 403, error: 'insufficient_scope' },
  play: async ({ byDpop, send, narrowToken }) => send(await byDpop({ token: narrowToken })),
}
