/**
 * An honest request, spoilt. Each edit leaves something that no server may accept: where a change
 * could by chance mean the same (the case of a scheme, a trailing space), it is not made.
 */
import { PATH } from '../../scenario.ts'
import type { Client } from '../client.ts'
import { json, nested, notQuiteJson, notText, text, word } from './garbage.ts'
import type { Random } from './random.ts'

export interface Attempt {
  readonly method: string
  readonly target: string
  readonly fields: readonly Field[]
}

type Field = readonly [name: string, value: string]

/** What an edit begins with: a request that would be accepted. */
export interface Honest {
  readonly client: Client
  readonly proof: string
  /** Another client, as honest. */
  readonly other: { readonly client: Client; readonly proof: string }
  /** Signed by the issuer, constrained to nothing that anybody could show. */
  readonly oddTokens: readonly [string, ...string[]]
}

type Edit = (honest: Honest, random: Random) => Attempt

export const attempt = (token: string, ...proofs: readonly string[]): Attempt => ({
  method: 'GET',
  target: PATH,
  fields: [['Authorization', `DPoP ${token}`], ...proofs.map((proof) => ['DPoP', proof] as const)],
})

/** Spoils the text of the token or of the proof. */
const spoiling =
  (spoil: (whole: string, random: Random) => string): Edit =>
  ({ client, proof }, random) =>
    random.below(2)
      ? attempt(client.token, spoil(proof, random))
      : attempt(spoil(client.token, random), proof)

const inside = (whole: string, random: Random): number => 1 + random.below(whole.length - 2)
const otherThan = (character = '', random: Random): string => {
  const other = random.pick(['A', 'b', '0', '-', '_', '.', '=', '+', '/', ' ', '\u00E9', '\u0000'])
  return other === character ? 'Z' : other
}

const segments = (whole: string): readonly string[] => whole.split('.')

// oxfmt-ignore
const ORDERS = [[1, 0, 2], [2, 1, 0], [0, 2, 1], [1, 2, 0], [0, 0, 2], [0, 1], [0], [0, 1, 1], [0, 1, 2, 2], [0, 1, 2, 0, 1]] as const

/** A proof signed by its key, and wrong all the same. */
const signed =
  (claimsOf: (claims: object, random: Random) => string | Uint8Array): Edit =>
  ({ client }, random) =>
    attempt(
      client.token,
      client.jws(JSON.stringify(client.header), claimsOf(client.claims(), random)),
    )

// oxfmt-ignore
export const EDITS: Readonly<Record<string, Edit>> = {
  'a character changed':  spoiling((whole, random) => { const at = inside(whole, random); return whole.slice(0, at) + otherThan(whole[at], random) + whole.slice(at + 1) }),
  'a bit flipped':        spoiling(flipBit),
  'a character removed':  spoiling((whole, random) => { const at = inside(whole, random); return whole.slice(0, at) + whole.slice(at + 1) }),
  'a piece twice':        spoiling((whole, random) => { const at = inside(whole, random); return whole.slice(0, at + 1 + random.below(9)) + whole.slice(at) }),
  'something inserted':   spoiling((whole, random) => { const at = inside(whole, random); return `${whole.slice(0, at)}|${word(random)}${whole.slice(at)}` }),
  'cut off':              spoiling((whole, random) => whole.slice(0, random.below(whole.length))),
  'segments swapped':     spoiling((whole, random) => random.pick(ORDERS).map((index) => segments(whole)[index] ?? '').join('.')),
  'a segment of another': spoiling((whole, random) => segments(whole).map((part, index) => (index === random.below(3) ? text(random) : part)).concat('e30').join('.')),
  'padded':               spoiling((whole, random) => whole + random.pick(['=', '==', '.', 'A', '%3D', '\u00E9'])),
  'exploded':             spoiling((whole, random) => whole + random.pick(['A', '.', '=', ', ', 'e30.']).repeat(20_000 + random.below(20_000))),
  'garbage':              (_, random) => ({ ...attempt('', text(random)), fields: [['Authorization', text(random)], ['DPoP', text(random)]] }),
  'garbage for one':      spoiling((_, random) => text(random)),
  'token and proof swapped': ({ client, proof }) => attempt(proof, client.token),
  'proof of another':     ({ client, other }) => attempt(client.token, other.proof),
  'token of another':     ({ other, proof }) => attempt(other.client.token, proof),
  'no proof':             ({ client }) => attempt(client.token),
  'no token':             ({ proof }) => ({ ...attempt('', proof), fields: [['DPoP', proof]] }),
  'proof twice':          ({ client, proof, other }, random) => attempt(client.token, proof, random.below(2) ? proof : other.proof),
  'proofs joined':        ({ client, proof, other }, random) => attempt(client.token, [proof, random.below(2) ? proof : other.proof].join(random.pick([',', ', ', ' ']))),
  'token twice':          ({ client, proof }, random) => { const { fields, ...rest } = attempt(client.token, proof); return { ...rest, fields: [...fields, [random.pick(['Authorization', 'authorization', 'AUTHORIZATION']), `${random.pick(['DPoP', 'Bearer'])} ${client.token}`]] } },
  'token in the query':   ({ client, proof }, random) => ({ ...attempt(client.token, proof), target: `${PATH}?${random.pick(['', 'a=b&'])}access_token=${random.pick([client.token, 'x', ''])}` }),
  'another scheme':       ({ client, proof }, random) => ({ ...attempt('', proof), fields: [['Authorization', `${random.pick(['Bearer ', 'Basic ', 'DP\u043EP ', 'DPoP', 'DPoP=', '"DPoP" ', 'DPoP,', 'Bearer DPoP ', ''])}${client.token}`], ['DPoP', proof]] }),
  'another method':       ({ client, proof }, random) => ({ ...attempt(client.token, proof), method: random.pick(['POST', 'HEAD', 'OPTIONS', 'DELETE', 'QUERY', 'PATCH']) }),
  'another target':       ({ client, proof }, random) => ({ ...attempt(client.token, proof), target: `${random.pick([PATH, '/', '//', '*', '', 'https://rs.example', '/.'])}${random.pick(['x', '/', '%2f', '%', '%zz', '%00', ';', '\u00E9', '/..', '//', '\\', '/../..//x', ':80'])}` }),
  'a token for nobody':   ({ proof, oddTokens }, random) => attempt(random.pick(oddTokens), proof),
  'a claim of another kind':  signed((claims, random) => JSON.stringify({ ...claims, ...claim(random) })),
  'a claim that nests':   signed((claims, random) => JSON.stringify({ ...claims, [random.pick(['htm', 'htu', 'ath', 'iat'])]: 0 }).replace(/:0([,}])/, `:${nested(random)}$1`)),
  'claims not quite JSON': signed((claims, random) => notQuiteJson(random, JSON.stringify(claims))),
  'a claim missing':      signed((claims, random) => JSON.stringify({ ...claims, [random.pick(['jti', 'htm', 'htu', 'iat', 'ath'])]: undefined })),
  'a parameter of another kind': ({ client }, random) => attempt(client.token, client.jws(JSON.stringify({ ...client.header, [random.pick(['typ', 'alg', 'jwk', 'crit'])]: notRight(random) }), JSON.stringify(client.claims()))),
  'a parameter that nests':  ({ client }, random) => attempt(client.token, client.jws(JSON.stringify({ ...client.header, [random.pick(['typ', 'alg', 'jwk', 'crit'])]: 0 }).replace(/:0([,}])/, `:${nested(random)}$1`), JSON.stringify(client.claims()))),
  'a member of jwk of another kind': ({ client }, random) => attempt(client.token, client.jws(JSON.stringify({ ...client.header, jwk: { ...Object(client.header['jwk']), [random.pick(['kty', 'crv', 'x', 'y'])]: notRight(random) } }), JSON.stringify(client.claims()))),
  'a private key':        ({ client }) => attempt(client.token, client.jws(JSON.stringify({ ...client.header, jwk: { ...Object(client.header['jwk']), d: 'A'.repeat(43) } }), JSON.stringify(client.claims()))),
  'parameters not quite JSON': ({ client }, random) => attempt(client.token, client.jws(notQuiteJson(random, JSON.stringify(client.header)), JSON.stringify(client.claims()))),
}

function flipBit(whole: string, random: Random): string {
  const parts = [...segments(whole)]
  const index = random.below(parts.length)
  const bytes = Buffer.from(parts[index] ?? '', 'base64url')
  const at = random.below(bytes.length)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
  parts[index] = bytes.toString('base64url')
  return parts.join('.')
}

function claim(random: Random): object {
  const name = random.pick(['htm', 'htu', 'iat', 'ath', 'nonce', 'jti', 'exp', 'nbf'])
  // Any text is a jti, and a number may be a time to come or one that has passed.
  return {
    [name]:
      name === 'jti'
        ? notText(random)
        : name === 'exp' || name === 'nbf'
          ? [json(random)]
          : json(random),
  }
}

const RIGHT = new Set<unknown>(['dpop+jwt', 'ES256', 'EC', 'P-256'])

function notRight(random: Random): unknown {
  const value = json(random)
  return RIGHT.has(value) ? 'none' : value
}
