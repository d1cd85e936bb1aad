/** A proof that is not one compact JWS of the right kind (RFC 9449 §4.3 items 2 to 6). */
import type { Attack } from './attack.ts'
import { encode, json, segments } from '../jwt.ts'
import { edited, resealed } from './edited-proof.ts'

const unreadable = (id: string, title: string, change: (proof: string) => string): Attack =>
  edited(id, 'RFC9449-4.3-2', title, resealed(change))

export const twoSegments = unreadable('two-segments', 'A proof without its signature', (proof) =>
  proof.slice(0, proof.lastIndexOf('.')),
)

export const fiveSegments = unreadable(
  'five-segments',
  'A proof with five segments, as an encrypted JWT has',
  (proof) => `${proof}.YQ.YQ`,
)

export const jsonSerialization = unreadable(
  'json-serialization',
  'The same proof in the JSON serialization',
  (proof) => {
    const [header, payload, signature] = segments(proof)
    return JSON.stringify({ protected: header, payload, signature })
  },
)

export const padded = unreadable('padded', 'Padding behind the proof', (proof) => `${proof}==`)

export const otherAlphabet = unreadable(
  'other-alphabet',
  'A character of the other base64 alphabet',
  (proof) => `${proof.slice(0, -1)}+`,
)

export const tooLong = edited(
  'sixteen-kibibytes',
  'RFC9449-4.3-2',
  'A proof of sixteen kibibytes',
  { claims: { pad: 'x'.repeat(12_288) } },
)

export const alteredSignature = edited(
  'altered-signature',
  'RFC9449-4.3-6',
  'One bit of the signature is another',
  resealed((proof) => {
    const [header, payload, signature] = segments(proof)
    const bytes = Buffer.from(signature, 'base64url')
    bytes[40]! ^= 1
    return `${header}.${payload}.${bytes.toString('base64url')}`
  }),
)

export const bytesBehind = edited(
  'bytes-behind',
  'RFC9449-4.3-6',
  'A byte behind the end of the signature',
  resealed((proof) => {
    const [header, payload, signature] = segments(proof)
    const longer = Buffer.concat([Buffer.from(signature, 'base64url'), Buffer.of(0)])
    return `${header}.${payload}.${longer.toString('base64url')}`
  }),
)

export const noTyp = edited('no-typ', 'RFC9449-4.3-4', 'A JWT that does not say what it is', {
  header: { typ: undefined },
})

export const accessTokenTyp = edited(
  'typ-access-token',
  'RFC9449-4.3-4',
  'An access token of the client’s own making, as proof',
  { header: { typ: 'at+jwt' } },
)

export const noAlg = edited(
  'no-alg',
  'RFC9449-4.3-5',
  'A proof without alg',
  resealed((proof) => {
    const [header, payload, signature] = segments(proof)
    const { alg: _, ...rest } = json(header)
    return `${encode(rest)}.${payload}.${signature}`
  }),
  { overlaps: ['RFC9449-4.3-6'] },
)

export const algOfAnotherKey = edited(
  'alg-of-another-key',
  'RFC9449-4.3-6',
  'An alg of the profile that does not fit the kind of key in jwk',
  { header: { alg: 'PS256' } },
)

const withoutKey = (id: string, title: string, jwk: unknown, more: Partial<Attack> = {}): Attack =>
  edited(
    id,
    'RFC9449-4.3-6',
    title,
    { header: { jwk } },
    { overlaps: ['RFC9449-4.3-12b', 'RFC9110-15.6.4'], ...more },
  )

export const jwkInText = withoutKey('jwk-in-text', 'A jwk that is no object', 'the key')

export const symmetricJwk = withoutKey(
  'symmetric-jwk',
  'A symmetric key in jwk, which everybody can sign with',
  { kty: 'oct', k: 'c2VjcmV0' },
  { overlaps: ['RFC9449-4.3-7', 'RFC9449-4.3-12b', 'RFC9110-15.6.4'] },
)

export const jtiNumber = edited('jti-number', 'RFC9449-4.3-3', 'A jti that is a number', {
  claims: { jti: 7 },
})

export const htmList = edited(
  'htm-list',
  'RFC9449-4.3-3',
  'An htm that is a list of methods',
  { claims: { htm: ['GET', 'POST'] } },
  { overlaps: ['RFC9449-4.3-8'] },
)

export const htuList = edited(
  'htu-list',
  'RFC9449-4.3-3',
  'An htu that is a list of URLs',
  { claims: { htu: ['https://evil.example/'] } },
  { overlaps: ['RFC9449-4.3-9'] },
)

export const iatText = edited(
  'iat-text',
  'RFC9449-4.3-3',
  'An iat that is text',
  { claims: { iat: 'now', nonce: undefined } },
  { overlaps: ['RFC9449-4.3-11', 'RFC9449-11.1-3'] },
)
