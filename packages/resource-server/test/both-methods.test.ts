/** What each request is answered, exactly, on routes that take DPoP and mutual TLS: the lab’s API. */
import { afterAll, expect, test } from 'vitest'
import { BEARER, bearer, DPOP, dpop, type Expected, answerOf, refusal } from './answers.ts'
import { x5t } from './certificates.ts'
import { accessToken, jkt, newSigner, sha256 } from './mint.ts'
import { dpopFields, type Outgoing, raise, type Stage } from './stage.ts'

const stage = await raise()
const { certificates } = stage
afterAll(() => stage.close())

const onWire = (token: string, more: Outgoing = {}): Outgoing => ({
  fields: [['Authorization', `Bearer ${token}`]],
  ...more,
})
const certificateBound = async (s: Stage) =>
  s.token({ cnf: { 'x5t#S256': x5t(certificates.alice) } })
const attacker = newSigner('attacker')

const INACTIVE = 'invalid_token'
const failed = (description: string): Expected => ({
  status: 401,
  challenges: [BEARER, dpop('invalid_dpop_proof', description)],
  error: 'invalid_dpop_proof',
})
const badToken = (description: string): Expected => ({
  status: 401,
  challenges: [BEARER, dpop(INACTIVE, description)],
  error: INACTIVE,
})
const badBearer = (description: string): Expected => ({
  status: 401,
  challenges: [bearer(INACTIVE, description), DPOP],
  error: INACTIVE,
})
const malformed = (description: string): Expected => ({
  status: 400,
  challenges: [bearer('invalid_request', description), dpop('invalid_request', description)],
  error: 'invalid_request',
})
const NOTHING_PRESENTED: Expected = { status: 401, challenges: [BEARER, DPOP] }

const withToken = async (s: Stage, claims: Record<string, unknown>): Promise<Outgoing> =>
  s.honest({ token: await s.token(claims) })
const withProof = async (
  s: Stage,
  edit: { header?: Record<string, unknown>; claims?: Record<string, unknown> },
): Promise<Outgoing> => {
  const token = await s.token()
  return { fields: dpopFields(token, await s.proof({ token, ...edit })) }
}
const ONE_FIELD = 'There is at most one Authorization field, and it can be parsed.'

type Row = readonly [title: string, request: (s: Stage) => Promise<Outgoing>, expected: Expected]

const ROWS: readonly Row[] = [
  ['no credentials', async () => ({}), NOTHING_PRESENTED],
  [
    'a token in the query only',
    async (s) => ({ path: `/accounts?access_token=${await s.token()}` }),
    NOTHING_PRESENTED,
  ],
  [
    'a token in the body only',
    async (s) => ({
      method: 'POST',
      path: '/payments',
      fields: [['Content-Type', 'application/x-www-form-urlencoded']],
      body: `access_token=${await s.token()}`,
    }),
    NOTHING_PRESENTED,
  ],
  [
    'a token in a cookie and in other fields only',
    async (s) => {
      const token = await s.token()
      return {
        fields: [
          ['Cookie', `access_token=${token}`],
          ['X-Authorization', `DPoP ${token}`],
          ['Proxy-Authorization', `Bearer ${token}`],
        ],
      }
    },
    NOTHING_PRESENTED,
  ],
  [
    'a token in Authorization and another in the query',
    async (s) => ({ ...(await s.honest()), path: '/accounts?access_token=abc' }),
    malformed('The token is presented in one way, not in two.'),
  ],
  [
    'two Authorization fields',
    async (s) => {
      const { fields = [] } = await s.honest()
      return { fields: [...fields, ['authorization', 'Bearer abc']] }
    },
    malformed(ONE_FIELD),
  ],
  [
    'a malformed Authorization field',
    async () => ({ fields: [['Authorization', 'DPoP two tokens']] }),
    malformed(ONE_FIELD),
  ],
  [
    'a DPoP-bound token as Bearer',
    async (s) => onWire(await s.token()),
    badBearer('A DPoP-bound token is not presented as Bearer.'),
  ],
  [
    'a DPoP-bound token as Bearer, with its proof',
    async (s) => {
      const token = await s.token()
      const proof = await s.proof({ token })
      return { fields: [...onWire(token).fields!, ['DPoP', proof]] }
    },
    badBearer('A DPoP-bound token is not presented as Bearer.'),
  ],
  [
    'a certificate-bound token with the scheme DPoP',
    async (s) => {
      const token = await certificateBound(s)
      const fields = dpopFields(token, await s.proof({ token }))
      return { fields, certificate: certificates.alice }
    },
    badToken('A token presented with the scheme DPoP is DPoP-bound.'),
  ],
  [
    'the scheme DPoP without a proof',
    async (s) => ({ fields: dpopFields(await s.token()) }),
    failed('The scheme DPoP comes with a proof.'),
  ],
  [
    'two DPoP fields',
    async (s) => {
      const token = await s.token()
      const proof = await s.proof({ token })
      return { fields: dpopFields(token, proof, proof) }
    },
    failed('There is not more than one DPoP field.'),
  ],
  [
    'two proofs in one DPoP field',
    async (s) => {
      const token = await s.token()
      const proof = await s.proof({ token })
      return { fields: dpopFields(token, `${proof},${proof}`) }
    },
    failed('The DPoP field is a single, well-formed JWT.'),
  ],
  [
    'a proof of another method',
    (s) => withProof(s, { claims: { htm: 'POST' } }),
    failed('htm is the method of this request.'),
  ],
  [
    'a proof of another URL: the one that this server listens on',
    (s) => withProof(s, { claims: { htu: 'https://127.0.0.1/accounts' } }),
    failed('htu is the URL of this request.'),
  ],
  [
    'a proof 61 s old',
    (s) => withProof(s, { claims: { iat: s.clock.now / 1000 - 61 } }),
    failed('The proof was made just now.'),
  ],
  [
    'a proof with a jwk that breaks a careless reader',
    (s) => withProof(s, { header: { jwk: { kty: 'constructor' } } }),
    failed('The signature verifies with the key in jwk.'),
  ],
  [
    'a proof with ath of another token',
    (s) => withProof(s, { claims: { ath: sha256('another') } }),
    failed('ath is the hash of this access token.'),
  ],
  [
    'a stolen token with the attacker’s key',
    async (s) => {
      const token = await s.token()
      return { fields: dpopFields(token, await s.proof({ token }, attacker)) }
    },
    badToken('The token is bound to the key of the proof.'),
  ],
  [
    'a nonce that is none of ours',
    // Of a client of its own, which must use the one that it is given from now on (RFC 9449 §11.3).
    async (s) => {
      const key = newSigner('another client')
      const token = await s.token({ cnf: { jkt: jkt(key) } })
      return { fields: dpopFields(token, await s.proof({ token, claims: { nonce: 'abc' } }, key)) }
    },
    {
      status: 401,
      challenges: [BEARER, dpop('use_dpop_nonce', 'A nonce in the proof is a fresh one of ours.')],
      error: 'use_dpop_nonce',
      nonce: true,
    },
  ],
  [
    'a certificate-bound token without a certificate',
    async (s) => onWire(await certificateBound(s)),
    badBearer('The certificate of this connection is the one in cnf.'),
  ],
  [
    'a certificate-bound token with another client’s certificate',
    async (s) => onWire(await certificateBound(s), { certificate: certificates.bob }),
    badBearer('The certificate of this connection is the one in cnf.'),
  ],
  [
    'a token bound to both, with its proof but no certificate',
    (s) => withToken(s, { cnf: { jkt: jkt(s.client), 'x5t#S256': x5t(certificates.alice) } }),
    badToken('The certificate of this connection is the one in cnf.'),
  ],
  [
    'an unbound token as Bearer',
    async (s) => onWire(await s.token({ cnf: undefined })),
    badBearer('The token is constrained by a method in force here.'),
  ],
  [
    'an unbound token with the scheme DPoP',
    (s) => withToken(s, { cnf: undefined }),
    badToken('The token is constrained by a method in force here.'),
  ],
  [
    'a cnf that is malformed',
    (s) => withToken(s, { cnf: { jkt: 'short' } }),
    badToken('jkt in cnf is the SHA-256 thumbprint of a key.'),
  ],
  [
    'a cnf that names no method that we know',
    (s) => withToken(s, { cnf: { kid: 'the key that we agreed on' } }),
    badToken('The token is constrained by a method in force here.'),
  ],
  [
    'the same as Bearer',
    async (s) => onWire(await s.token({ cnf: { kid: 'the key that we agreed on' } })),
    badBearer('The token is constrained by a method in force here.'),
  ],
  [
    'a JWT of the issuer that is no access token',
    async (s) => {
      const claims = { cnf: { jkt: jkt(s.client) } }
      const time = s.clock.now / 1000
      return s.honest({ token: await accessToken(s.issuer.signers[0]!, time, claims, 'JWT') })
    },
    badToken('The token says that it is an access token.'),
  ],
  [
    'a token that is to be valid in eleven seconds',
    (s) => withToken(s, { nbf: s.clock.now / 1000 + 11 }),
    badToken('The token is already valid.'),
  ],
  [
    'a token that does not say for which client it is',
    (s) => withToken(s, { client_id: undefined }),
    badToken('The token has iss, exp, aud, sub, client_id, iat and jti.'),
  ],
  [
    'a token of another issuer',
    (s) => withToken(s, { iss: 'https://evil.example' }),
    badToken('The token is of our issuer.'),
  ],
  [
    'a token for the other half of the API',
    (s) => withToken(s, { aud: 'https://rs.example/opaque' }),
    badToken('The token is for us.'),
  ],
  [
    'an expired token',
    (s) => withToken(s, { exp: s.clock.now / 1000 }),
    badToken('The token has not expired.'),
  ],
  ['no JWT, as Bearer', async () => onWire('abc'), badBearer('The access token can be parsed.')],
  [
    'a forged token',
    async (s) => {
      const signer = { ...attacker, kid: 'issuer-1' }
      const honest = s.issuer.signers
      s.issuer.signers = [signer]
      const request = await s.honest()
      s.issuer.signers = honest
      return request
    },
    badToken('The signature verifies with a key that the issuer publishes.'),
  ],
  [
    'too little scope',
    (s) => withToken(s, { scope: 'openid' }),
    {
      status: 403,
      challenges: [
        BEARER,
        dpop(
          'insufficient_scope',
          'The token grants every scope that this route asks.',
          ', scope="accounts"',
        ),
      ],
      error: 'insufficient_scope',
    },
  ],
  [
    'too little scope, as Bearer',
    async (s) =>
      onWire(await s.token({ scope: '', cnf: { 'x5t#S256': x5t(certificates.alice) } }), {
        certificate: certificates.alice,
      }),
    {
      status: 403,
      challenges: [
        bearer(
          'insufficient_scope',
          'The token grants every scope that this route asks.',
          ', scope="accounts"',
        ),
        DPOP,
      ],
      error: 'insufficient_scope',
    },
  ],
]

test.for(ROWS)('%s', async ([, request, expected]) => {
  expect(answerOf(await stage.send(await request(stage)))).toEqual(refusal(expected))
  // After the attack the honest request still works.
  expect((await stage.send(await stage.honest())).status).toBe(200)
  expect(stage.errors).toEqual([])
})
