/** The DPoP proof itself (RFC 9449 §4.2, §4.3). */
import { createHmac, createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { generateProofKey, type ProofKey, thumbprint } from '@holdfast/client'
import type { Attack } from './attack.ts'
import { encode, json, segments } from '../jwt.ts'
import { edited, invalidProof, resealed } from './edited-proof.ts'
import type { Edit } from './scene.ts'
import type { WireRequest } from '../wire.ts'

const withoutField = (honest: WireRequest['fields'], field: string): WireRequest['fields'] =>
  honest.filter(([name]) => name !== field)

export const missing = edited('missing', 'RFC9449-7.1', 'The scheme DPoP, and no proof', {
  fields: (honest) => withoutField(honest, 'DPoP'),
})

export const twoFields = edited('two-fields', 'RFC9449-4.3-1', 'Two DPoP fields', {
  fields: (honest) => [...honest, ['DPoP', 'decoy']],
})

export const twoInOneField = edited(
  'two-in-one-field',
  'RFC9449-4.3-2',
  'Two proofs in one field, joined by a comma',
  resealed((proof) => `${proof}, ${proof}`),
)

export const notAJwt = edited(
  'not-a-jwt',
  'RFC9449-4.3-2',
  'A proof that is no JWT',
  resealed(() => 'proof'),
)

export const strayBits = edited(
  'stray-bits',
  'RFC9449-4.3-2',
  'A second spelling of the same signature, by the bits that base64url leaves over',
  resealed((proof) => proof.slice(0, -1) + nextInAlphabet(proof.slice(-1))),
)

// 64 bytes leave four spare bits in the last character; an honest encoder writes them as zero.
const nextInAlphabet = (character: string): string =>
  String.fromCharCode(character.charCodeAt(0) + 1)

export const repeatedMember = edited(
  'repeated-member',
  'RFC9449-4.3-2',
  'Two htu claims, in the hope that two parsers read different ones',
  resealed((proof) => {
    const [header, payload, signature] = segments(proof)
    const text = Buffer.from(payload, 'base64url').toString()
    const doubled = `${text.slice(0, -1)},"htu":"https://evil.example/"}`
    return `${header}.${Buffer.from(doubled).toString('base64url')}.${signature}`
  }),
)

export const criticalExtension = edited(
  'critical-extension',
  'RFC7515-4.1.11',
  'A proof with a critical header parameter that we do not know',
  { header: { crit: ['b64'], b64: true } },
)

const without = (claim: string, ...overlaps: readonly Attack['clause'][]): Attack =>
  edited(
    `no-${claim}`,
    'RFC9449-4.3-3',
    `A proof without ${claim}`,
    { claims: { [claim]: undefined } },
    { overlaps },
  )

export const noJti = without('jti')
export const noHtm = without('htm', 'RFC9449-4.3-8')
export const noHtu = without('htu', 'RFC9449-4.3-9')
export const noIat = without('iat', 'RFC9449-4.3-11', 'RFC9449-11.1-3')

export const longJti = edited('long-jti', 'RFC9449-4.3-3', 'A jti of four thousand characters', {
  claims: { jti: 'j'.repeat(4096) },
})

export const otherTyp = edited('typ-jwt', 'RFC9449-4.3-4', 'A JWT of another type as proof', {
  header: { typ: 'JWT' },
})

export const mediaType = edited(
  'typ-media-type',
  'RFC9449-4.3-4',
  'typ written as a full media type',
  { header: { typ: 'application/dpop+jwt' } },
)

export const algNone = edited(
  'alg-none',
  'RFC9449-4.3-5',
  'alg none, and no signature',
  resealed((proof) => {
    const [header, payload] = segments(proof)
    return `${encode({ ...json(header), alg: 'none' })}.${payload}.`
  }),
  { overlaps: ['RFC9449-4.3-6'] },
)

export const algHmac = edited(
  'alg-hs256',
  'RFC9449-4.3-5',
  'HS256, keyed with the public key that everybody has',
  resealed((proof) => {
    const [header, payload] = segments(proof)
    const input = `${encode({ ...json(header), alg: 'HS256' })}.${payload}`
    const secret = JSON.stringify(json(header)['jwk'])
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
  }),
  { overlaps: ['RFC9449-4.3-6'] },
)

/** A token bound to a key of this kind, so that nothing but its algorithm speaks against the proof. */
const ofAnotherAlgorithm = (
  id: string,
  title: string,
  makeKey: () => Promise<ProofKey>,
  header: Edit['header'] = {},
  overlaps: readonly Attack['clause'][] = [],
): Attack => ({
  id: `proof/${id}`,
  title,
  clause: 'RFC9449-4.3-5',
  answer: invalidProof,
  overlaps,
  forges: true,
  play: async ({ byDpop, send, forged }) => {
    const key = await makeKey()
    const token = await forged({ claims: { cnf: { jkt: thumbprint(key.publicJwk) } } })
    return send(await byDpop({ key, token, header }))
  },
})

export const postQuantum = ofAnotherAlgorithm(
  'ml-dsa',
  'A proof signed with ML-DSA-44, which the profile does not name',
  () => generateProofKey('ML-DSA-44'),
)

export const ps384 = ofAnotherAlgorithm(
  'ps384',
  'A proof that says PS384, by a key that is good for PS256',
  () => generateProofKey('PS256'),
  { alg: 'PS384' },
  ['RFC9449-4.3-6'],
)

export const rs256 = ofAnotherAlgorithm(
  'rs256',
  'A proof that says RS256, by a key that is good for PS256',
  () => generateProofKey('PS256'),
  { alg: 'RS256' },
  ['RFC9449-4.3-6'],
)

export const es384 = ofAnotherAlgorithm(
  'es384',
  'A proof with ES384 by a key on P-384',
  async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    const { kty = '', ...members } = publicKey.export({ format: 'jwk' })
    return { privateKey, publicJwk: { kty, ...members }, alg: 'ES256' }
  },
  { alg: 'ES384' },
  ['RFC9449-4.3-6'],
)

export const shortKey: Attack = {
  id: 'proof/rsa-1024',
  title: 'A proof by an RSA key of 1024 bits',
  clause: 'FAPI2SP-5.4.1-2',
  answer: invalidProof,
  overlaps: ['RFC9449-4.3-12b'],
  play: async ({ byDpop, send }) => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const { n, e } = publicKey.export({ format: 'jwk' })
    return send(
      await byDpop({ key: { privateKey, publicJwk: { kty: 'RSA', n, e }, alg: 'PS256' } }),
    )
  },
}

export const costlyKey: Attack = {
  id: 'proof/rsa-costly',
  title: 'A proof by an RSA key that makes whoever verifies it work a hundred times as long',
  clause: 'FAPI2SP-5.4.1-2',
  answer: invalidProof,
  overlaps: ['RFC9449-4.3-12b'],
  play: async ({ byDpop, send }) => {
    const { privateKey: honest } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const { d = '', e = '', n = '', p = '', q = '', qi = '' } = honest.export({ format: 'jwk' })
    const turned = { kty: 'RSA', n, e: d, d: e, p, q, dp: e, dq: e, qi }
    const privateKey = createPrivateKey({ key: turned, format: 'jwk' })
    return send(
      await byDpop({ key: { privateKey, publicJwk: { kty: 'RSA', n, e: d }, alg: 'PS256' } }),
    )
  },
}

export const alteredClaims = edited(
  'altered-claims',
  'RFC9449-4.3-6',
  'A captured proof with another jti under the old signature',
  resealed((proof) => {
    const [header, payload, signature] = segments(proof)
    return `${header}.${encode({ ...json(payload), jti: 'another' })}.${signature}`
  }),
)

export const anotherKeysSignature: Attack = {
  id: 'proof/signed-by-another-key',
  title: 'The victim’s public key in jwk, the attacker’s signature below',
  clause: 'RFC9449-4.3-6',
  answer: invalidProof,
  play: async ({ byDpop, send, dpop, attacker }) =>
    send(await byDpop({ key: attacker.key, header: { jwk: dpop.key.publicJwk } })),
}

export const noJwk = edited(
  'no-jwk',
  'RFC9449-4.3-6',
  'A proof without a public key',
  { header: { jwk: undefined } },
  { overlaps: ['RFC9449-4.3-12b', 'RFC9110-15.6.4'] },
)

export const privateKeyInside: Attack = {
  id: 'proof/private-key-inside',
  title: 'A proof that carries its private key',
  clause: 'RFC9449-4.3-7',
  answer: invalidProof,
  play: async ({ byDpop, send, dpop }) =>
    send(await byDpop({ header: { jwk: { ...dpop.key.publicJwk, d: 'AAAA' } } })),
}

export const otherMethod = edited('htm', 'RFC9449-4.3-8', 'A captured proof for another method', {
  claims: { htm: 'POST' },
})

export const lowerCaseMethod = edited('htm-case', 'RFC9449-4.3-8', 'htm in lower case', {
  claims: { htm: 'get' },
})
