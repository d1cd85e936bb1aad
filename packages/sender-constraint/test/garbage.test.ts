/**
 * Whatever is sent, nothing throws, and nothing but an honest request is accepted. A failure prints
 * its seed and path; rounds are few here, the soak has more.
 */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  importJwk,
  jwkThumbprint,
  normaliseUri,
  parseConfirmation,
  parseCredentials,
  parseJsonObject,
  readDpopFields,
  readIntrospection,
  readJwtToken,
} from '../src/index.ts'
import { certificateBound, type Draft, dpopBound, opaque, run } from './honest.ts'

const ROUNDS = { numRuns: Number(process.env['HOLDFAST_ROUNDS'] ?? 300) }

// Names and values that have a meaning somewhere: to the language, to JOSE, to us.
const WORDS = [
  'constructor __proto__ toString valueOf hasOwnProperty length toJSON null 0 -1 1e999',
  'kty crv x y n e d k EC RSA OKP oct P-256 Ed25519 alg typ jwk crit kid ES256 none dpop+jwt',
  'cnf jkt x5t#S256 active https://rs.example/accounts GET \u0000 \uD800',
]
const word = fc.constantFrom('', ...WORDS.flatMap((line) => line.split(' ')))
const { json: value } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    word,
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.string(),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(word, tie('json'), { maxKeys: 4, noNullPrototype: true }),
  ),
}))
const jwk = fc.oneof(
  value,
  fc.record(
    { kty: value, crv: value, x: value, y: value, n: value, e: value },
    { requiredKeys: [] },
  ),
)
const text = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 200 }),
  word,
  fc
    .array(fc.constantFrom('DPoP', 'Bearer', ' ', ',', '=', '.', 'abc', '/', '%', ':', '@', '\t'))
    .map((parts) => parts.join('')),
)
/** Text, or a compact JWS of something. */
const jws = fc.oneof(
  text,
  fc
    .tuple(value, value, fc.uint8Array({ maxLength: 80 }))
    .map(([header, claims, signature]) =>
      [encode(header), encode(claims), Buffer.from(signature).toString('base64url')].join('.'),
    ),
)

function encode(given: unknown): string {
  return Buffer.from(JSON.stringify(given)).toString('base64url')
}

describe('nothing that reads what a client sent throws', () => {
  const absent = () => ({ state: 'absent' }) as const
  test.for([
    ['parseCredentials', (given: string) => parseCredentials([given], given)],
    ['parseCredentials, two fields', (given: string) => parseCredentials([given, given], '')],
    ['readDpopFields', (given: string) => readDpopFields([given, given], absent)],
    ['readJwtToken', readJwtToken],
    ['normaliseUri', normaliseUri],
    ['normaliseUri, behind a base', (given: string) => normaliseUri(`https://rs.example${given}`)],
    ['parseJsonObject', (given: string) => parseJsonObject(Buffer.from(given))],
  ] as const)('%s', ([, read]) => {
    expect(() =>
      fc.assert(
        fc.property(jws, (given) => {
          read(given)
        }),
        ROUNDS,
      ),
    ).not.toThrow()
  })

  test('parseJsonObject, for any bytes', () => {
    expect(() =>
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
          parseJsonObject(bytes)
        }),
        ROUNDS,
      ),
    ).not.toThrow()
  })

  test.for([
    ['importJwk', importJwk],
    ['jwkThumbprint', jwkThumbprint],
    ['parseConfirmation', parseConfirmation],
    ['readIntrospection', (given: unknown) => readIntrospection('abc', { cnf: given })],
  ] as const)('%s', ([, read]) => {
    expect(() =>
      fc.assert(
        fc.property(jwk, (given) => {
          read(given)
        }),
        ROUNDS,
      ),
    ).not.toThrow()
  })
})

describe('no request but the honest one is accepted, and none throws', () => {
  const refused = async (draft: Draft) => expect((await run(draft)).decision.refusal).toBeDefined()
  const drafts = fc.constantFrom(dpopBound, certificateBound, opaque)

  test('any text for the credentials', async () => {
    await expect(
      fc.assert(
        fc.asyncProperty(drafts, fc.array(text, { maxLength: 3 }), async (honest, fields) => {
          const draft = honest()
          draft.authorization = () => fields
          // An opaque token may be any text: what it is worth, the issuer says.
          delete draft.token.response
          await refused(draft)
        }),
        ROUNDS,
      ),
    ).resolves.toBeUndefined()
  })

  test('any text or JWS for the token', async () => {
    await expect(
      fc.assert(
        fc.asyncProperty(jws, async (given) => {
          const draft = dpopBound()
          draft.token.text = () => given
          await refused(draft)
        }),
        ROUNDS,
      ),
    ).resolves.toBeUndefined()
  })

  test('any text or JWS for the proof', async () => {
    await expect(
      fc.assert(
        fc.asyncProperty(fc.array(jws, { maxLength: 2 }), async (fields) => {
          const draft = dpopBound()
          draft.fields = () => fields
          await refused(draft)
        }),
        ROUNDS,
      ),
    ).resolves.toBeUndefined()
  })

  test('any character of a token or proof changed, removed, doubled or cut off', async () => {
    const edits = fc.constantFrom(
      (whole: string, at: number) => `${whole.slice(0, at)}${whole.slice(at + 1)}`,
      (whole: string, at: number) => `${whole.slice(0, at)}${whole[at]}${whole.slice(at)}`,
      (whole: string, at: number) => whole.slice(0, at),
      (whole: string, at: number) =>
        `${whole.slice(0, at)}${whole[at] === 'B' ? 'C' : 'B'}${whole.slice(at + 1)}`,
    )
    const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    const part = fc.constantFrom('token' as const, 'proof' as const)
    await expect(
      fc.assert(
        fc.asyncProperty(part, edits, place, async (name, edit, fraction) => {
          const draft = dpopBound()
          draft[name]!.text = (whole) => edit(whole, Math.floor(fraction * whole.length))
          await refused(draft)
        }),
        ROUNDS,
      ),
    ).resolves.toBeUndefined()
  })

  // Signed, so that nothing but the value itself can be at fault.
  test.for([
    ['header', 'typ'],
    ['header', 'alg'],
    ['header', 'jwk'],
    ['header', 'crit'],
    ['claims', 'jti'],
    ['claims', 'htm'],
    ['claims', 'htu'],
    ['claims', 'iat'],
    ['claims', 'exp'],
    ['claims', 'nbf'],
    ['claims', 'nonce'],
    ['claims', 'ath'],
  ] as const)('any value for %s %s of a signed proof', async ([part, name]) => {
    await expect(
      fc.assert(
        fc.asyncProperty(name === 'jwk' ? jwk : value, async (given) => {
          const draft = dpopBound()
          // A jti or an nbf can be right by chance, so something else is wrong in every case: the
          // last pure row but two.
          draft.token.claims['scope'] = 'none'
          draft.proof![part][name] = given
          await refused(draft)
        }),
        ROUNDS,
      ),
    ).resolves.toBeUndefined()
  })

  test.for(['iss', 'aud', 'exp', 'nbf', 'iat', 'scope', 'cnf'] as const)(
    'any value for %s of a signed token',
    async (name) => {
      await expect(
        fc.assert(
          fc.asyncProperty(value, async (given) => {
            const draft = dpopBound()
            draft.proof!.claims['ath'] = 'of another token'
            draft.token.claims[name] = given
            await refused(draft)
          }),
          ROUNDS,
        ),
      ).resolves.toBeUndefined()
    },
  )

  test('any introspection response', async () => {
    await expect(
      fc.assert(
        fc.asyncProperty(
          fc.dictionary(word, value, { noNullPrototype: true }),
          async (response) => {
            const draft = opaque()
            draft.token.response = response
            await refused(draft)
          },
        ),
        ROUNDS,
      ),
    ).resolves.toBeUndefined()
  })
})

test.for(['typ', 'alg', 'kid'])('deep nesting in %s of a token is refused', async (name) => {
  for (const depth of [10, 100, 1_000, 3_000, 5_000]) {
    const nested = `{"${name}":${'['.repeat(depth)}${']'.repeat(depth)}}`
    const draft = dpopBound()
    draft.token.text = () => `${Buffer.from(nested).toString('base64url')}.e30.YQ`
    expect((await run(draft)).decision.refusal?.answer.error).toBe('invalid_token')
  }
})
