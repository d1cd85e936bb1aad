/**
 * The specification of this library: every clause it enforces, in the order in which it does, each
 * beside the check that decides it. Enforcement, trace, log, `docs/requirements.md` and the
 * completeness of the attack catalogue all come from this table.
 *
 * The first row that does not hold is the refusal. Rows about something that the request does not
 * have (a proof, a certificate) do not apply; that it must have them is a row of its own.
 */
import {
  CHALLENGE,
  INSUFFICIENT_AUTHENTICATION,
  INSUFFICIENT_SCOPE,
  INVALID_PROOF,
  INVALID_REQUEST,
  INVALID_TOKEN,
  MISDIRECTED,
  TOO_MANY,
  UNAVAILABLE,
  USE_NONCE,
} from './answer.ts'
import { confirmable, jktForm, x5tForm } from './confirmation/form.ts'
import { constrained } from './confirmation/constrained.ts'
import { dpopBound } from './confirmation/dpop-bound.ts'
import { notDowngraded } from './confirmation/not-downgraded.ts'
import { alg } from './dpop/alg.ts'
import { ath } from './dpop/ath.ts'
import { claims as proofClaims } from './dpop/claims.ts'
import { crit } from './dpop/crit.ts'
import { datedAhead } from './dpop/dated-ahead.ts'
import { htm } from './dpop/htm.ts'
import { htu } from './dpop/htu.ts'
import { jkt } from './dpop/jkt.ts'
import { keySize } from './dpop/key-size.ts'
import { nonce, nonceRequired } from './dpop/nonce-claim.ts'
import { onlyOne } from './dpop/only-one.ts'
import { presence } from './dpop/presence.ts'
import { privateKey } from './dpop/private-key.ts'
import { readable as readableProof } from './dpop/readable.ts'
import { signature as proofSignature } from './dpop/signature.ts'
import { time } from './dpop/time.ts'
import { typ as proofTyp } from './dpop/typ.ts'
import { complete } from './memory/complete.ts'
import { available, nonceKept, quota, sameGeneration, singleUse } from './memory/answer.ts'
import { trustAvailable, trusted } from './mtls/trust.ts'
import { validity } from './mtls/validity.ts'
import { x5tS256 } from './mtls/x5t-s256.ts'
import { authority } from './request/authority.ts'
import { oneField, oneWay, notInQuery, presented } from './request/credentials.ts'
import { byHopOnly, ourHost, readableCertificate } from './request/forwarding.ts'
import { target } from './request/target.ts'
import { type Row, rowsAbout } from './row.ts'
import { acr } from './token/acr.ts'
import { active } from './token/active.ts'
import { aud } from './token/aud.ts'
import { authorizationDetails } from './token/authorization-details.ts'
import { claims as tokenClaims } from './token/claims.ts'
import { crit as tokenCrit } from './token/crit.ts'
import { exp } from './token/exp.ts'
import { iss } from './token/iss.ts'
import { maxAge } from './token/max-age.ts'
import { nbf } from './token/nbf.ts'
import { issuerAvailable, readable as readableToken } from './token/readable.ts'
import { scope } from './token/scope.ts'
import { signature as tokenSignature } from './token/signature.ts'
import { status, statusAvailable } from './token/status.ts'
import { tokenAlg } from './token/alg.ts'
import { tokenType } from './token/token-type.ts'
import { typ as tokenTyp } from './token/typ.ts'

const request = rowsAbout('request')
const named = rowsAbout('named')
const forwarded = rowsAbout('forwarded')
const token = rowsAbout('token')
const jwt = rowsAbout('jwt')
const opaque = rowsAbout('opaque')
const certificate = rowsAbout('certificate')
const dpop = rowsAbout('dpop')
const proof = rowsAbout('proof')
const proofWithToken = rowsAbout('proofWithToken')
const memory = rowsAbout('memory')

// oxfmt-ignore
export const ROWS = [
  // Whom the request was sent to, and by whom
  request('RFC9112-3.2',         INVALID_REQUEST,    target,          'The request target is an absolute path that names a resource.'),
  named  ('RFC9110-15.5.20',     MISDIRECTED,        authority,       'Host is the name that the TLS connection was made for.'),
  forwarded('RFC9440-4',         INVALID_REQUEST,    byHopOnly,       'A client certificate is forwarded by a trusted proxy only.'),
  forwarded('RFC9440-2.2',       INVALID_REQUEST,    readableCertificate, 'A forwarded certificate is one field that can be parsed.'),
  forwarded('RFC7239-8.1',       INVALID_REQUEST,    ourHost,         'A forwarded host is one of ours.'),

  // How the token was presented
  request('RFC9110-11.6.2',      INVALID_REQUEST,    oneField,        'There is at most one Authorization field, and it can be parsed.'),
  request('RFC6750-2',           INVALID_REQUEST,    oneWay,          'The token is presented in one way, not in two.'),
  request('FAPI2SP-5.3.4-2',     CHALLENGE,          notInQuery,      'A token in the query does not count as presented.'),
  request('RFC6750-3',           CHALLENGE,          presented,       'The request presents an access token.'),

  // The access token
  request('RFC9110-15.6.4',      UNAVAILABLE,        issuerAvailable, 'The issuer can be asked about the token.'),
  request('RFC7519-7.2',         INVALID_TOKEN,      readableToken,   'The access token can be parsed.'),
  opaque ('RFC7662-2.2',         INVALID_TOKEN,      active,          'The issuer says that the token is active.'),
  jwt    ('RFC7515-4.1.11',      INVALID_TOKEN,      tokenCrit,       'The token has no critical header parameter that we do not know.'),
  jwt    ('FAPI2SP-5.4.1-1b',    INVALID_TOKEN,      tokenAlg,        'The token is signed with an algorithm of the profile.'),
  jwt    ('RFC9068-2.2',         INVALID_TOKEN,      tokenClaims,     'The token has iss, exp, aud, sub, client_id, iat and jti.'),
  jwt    ('RFC9068-4-1',         INVALID_TOKEN,      tokenTyp,        'The token says that it is an access token.'),
  token  ('RFC9068-4-3',         INVALID_TOKEN,      iss,             'The token is of our issuer.'),
  token  ('RFC9068-4-4',         INVALID_TOKEN,      aud,             'The token is for us.'),
  jwt    ('RFC9068-4-5',         INVALID_TOKEN,      tokenSignature,  'The signature verifies with a key that the issuer publishes.'),
  token  ('RFC9068-4-6',         INVALID_TOKEN,      exp,             'The token has not expired.'),
  token  ('RFC7519-4.1.5',       INVALID_TOKEN,      nbf,             'The token is already valid.'),
  jwt    ('RFC9110-15.6.4',      UNAVAILABLE,        statusAvailable, 'The status list that the token names can be had.'),
  jwt    ('FAPI2SP-5.3.4-3',     INVALID_TOKEN,      status,          'The token has been neither revoked nor suspended.'),

  // What the token is constrained to
  token  ('RFC7800-3.1',         INVALID_TOKEN,      confirmable,     'cnf is an object.'),
  token  ('RFC8705-3.1',         INVALID_TOKEN,      x5tForm,         'x5t#S256 in cnf is the SHA-256 of a certificate.'),
  token  ('RFC9449-6.1',         INVALID_TOKEN,      jktForm,         'jkt in cnf is the SHA-256 thumbprint of a key.'),
  token  ('FAPI2SP-5.3.4-5',     INVALID_TOKEN,      constrained,     'The token is constrained by a method in force here.'),
  opaque ('RFC9449-6.2',         INVALID_TOKEN,      tokenType,       'token_type in the introspection response fits cnf.'),
  token  ('RFC9449-6',           INVALID_TOKEN,      dpopBound,       'A token presented with the scheme DPoP is DPoP-bound.'),
  token  ('RFC9449-7.2',         INVALID_TOKEN,      notDowngraded,   'A DPoP-bound token is not presented as Bearer.'),

  // The client certificate
  token  ('RFC8705-3',           INVALID_TOKEN,      x5tS256,         'The certificate of this connection is the one in cnf.'),
  certificate('RFC5280-6.1.3',   INVALID_TOKEN,      validity,        'The certificate is within its validity period.'),
  certificate('RFC9110-15.6.4',  UNAVAILABLE,        trustAvailable,  'Whether the certificate has been revoked can be told.'),
  certificate('RFC5280-6.1',     INVALID_TOKEN,      trusted,         'Where trust is pki, the certificate is of an authority of ours, for clients, and not revoked.'),

  // The DPoP proof
  dpop   ('RFC9449-7.1',         INVALID_PROOF,      presence,        'The scheme DPoP comes with a proof.'),
  dpop   ('RFC9449-4.3-1',       INVALID_PROOF,      onlyOne,         'There is not more than one DPoP field.'),
  dpop   ('RFC9449-4.3-2',       INVALID_PROOF,      readableProof,   'The DPoP field is a single, well-formed JWT.'),
  proof  ('RFC7515-4.1.11',      INVALID_PROOF,      crit,            'The proof has no critical header parameter that we do not know.'),
  proof  ('RFC9449-4.3-3',       INVALID_PROOF,      proofClaims,     'The proof has jti, htm, htu and iat.'),
  proof  ('RFC9449-4.3-4',       INVALID_PROOF,      proofTyp,        'typ is dpop+jwt.'),
  proof  ('RFC9449-4.3-5',       INVALID_PROOF,      alg,             'alg is an asymmetric algorithm of the policy.'),
  proof  ('FAPI2SP-5.4.1-2',     INVALID_PROOF,      keySize,         'An RSA key has 2048 to 8192 bits, and an exponent of 2 to 32.'),
  proof  ('RFC9449-4.3-6',       INVALID_PROOF,      proofSignature,  'The signature verifies with the key in jwk.'),
  proof  ('RFC9449-4.3-7',       INVALID_PROOF,      privateKey,      'jwk holds no private key.'),
  proof  ('RFC9449-4.3-8',       INVALID_PROOF,      htm,             'htm is the method of this request.'),
  proof  ('RFC9449-4.3-9',       INVALID_PROOF,      htu,             'htu is the URL of this request.'),
  proof  ('RFC9449-4.3-10',      USE_NONCE,          nonce,           'A nonce in the proof is a fresh one of ours.'),
  proof  ('RFC9449-9',           USE_NONCE,          nonceRequired,   'Where a nonce is required, the proof has one.'),
  proof  ('RFC9449-4.3-11',      INVALID_PROOF,      time,            'The proof was made just now.'),
  proofWithToken('RFC9449-4.3-12a', INVALID_PROOF,   ath,             'ath is the hash of this access token.'),
  proofWithToken('RFC9449-4.3-12b', INVALID_TOKEN,   jkt,             'The token is bound to the key of the proof.'),

  // What the token allows
  token  ('FAPI2SP-5.3.4-4',     INSUFFICIENT_SCOPE, scope,           'The token grants every scope that this route asks.'),
  token  ('RFC9396-9',           INSUFFICIENT_SCOPE, authorizationDetails, 'The token has an authorization detail of the type that this route asks.'),
  token  ('RFC9470-3-acr_values', INSUFFICIENT_AUTHENTICATION, acr,   'The user was authenticated in a way that this route asks.'),
  token  ('RFC9470-3-max_age',   INSUFFICIENT_AUTHENTICATION, maxAge, 'The user was authenticated as recently as this route asks.'),

  // What the server remembers
  proof  ('RFC9449-11.1-3',      USE_NONCE,          complete,        'The memory of used proofs reaches back to the making of this one.'),
  memory ('RFC9110-15.6.4',      UNAVAILABLE,        available,       'The memory of used proofs can be asked and has room.'),
  memory ('RFC9449-11.1-3',      USE_NONCE,          sameGeneration,  'The memory of used proofs has not been lost meanwhile.'),
  memory ('RFC6585-4',           TOO_MANY,           quota,           'One key does not fill the memory.'),
  memory ('RFC9449-11.1-2',      INVALID_PROOF,      singleUse,       'The proof is used once.'),
  memory ('RFC9449-11.3',        USE_NONCE,          nonceKept,       'Who was given a nonce uses one until it expires.'),
] as const

/** The clauses that are enforced. */
export type Clause = (typeof ROWS)[number]['clause']

const onProofs = ROWS.filter(
  ({ subject }) => subject === 'dpop' || subject === 'proof' || subject === 'memory',
)
const beforeNonce = onProofs.findIndex(({ clause }) => clause === 'RFC9449-4.3-10')

/**
 * What an authorization server asks of a proof that comes without an access token: at its token
 * endpoint and where requests are pushed.
 */
export const PROOF_ROWS: readonly Row<Clause | 'FAPI2SP-5.3.2.1-13'>[] = [
  ...onProofs.slice(0, beforeNonce),
  proof(
    'FAPI2SP-5.3.2.1-13',
    INVALID_PROOF,
    datedAhead,
    'The proof is not dated more than 60 seconds ahead, whatever its nonce.',
  ),
  ...onProofs.slice(beforeNonce),
]
