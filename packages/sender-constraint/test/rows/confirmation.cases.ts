import { createHash } from 'node:crypto'
import {
  boundTwice,
  CERTIFICATE,
  certificateBound,
  CLIENT,
  digest,
  type Draft,
  NOW,
  opaque,
  opaqueCertificateBound,
  thumbprint,
} from '../honest.ts'
import type { CertificateVerdict } from '../../src/index.ts'
import type { RowCases } from './case.ts'
import { unchanged } from './case.ts'

const JKT = thumbprint(CLIENT.jwk)
const X5T = CERTIFICATE.thumbprint

const cnf = (value?: unknown) => (r: Draft) => {
  r.token.claims['cnf'] = value
}
const bearerCnf = (value?: unknown) => [certificateBound, cnf(value)] as const
const tokenType = (value?: unknown) => (r: Draft) => {
  r.token.response!['token_type'] = value
}
const validity = (now: number) =>
  [
    certificateBound,
    (r: Draft) => {
      r.now = now
      r.certificate = { ...CERTIFICATE, notBefore: NOW - 5_000, notAfter: NOW + 5_000 }
    },
  ] as const

const trusting =
  (verdict: CertificateVerdict | undefined, policy: Draft['policy']['certificateTrust'] = 'pki') =>
  (r: Draft) => {
    r.certificate = { ...CERTIFICATE, ...(verdict && { trust: verdict }) }
    r.policy.certificateTrust = policy
  }
const REVOKED = { ok: false, clause: 'RFC5280-6.1.3-a3', reason: 'CN=app is revoked' } as const
const UNKNOWN = { ...REVOKED, clause: 'RFC5280-6.3.3', unavailable: true } as const

const NO_OBJECT = {
  'a cnf that is null': null,
  'a cnf that is text': JKT,
  'a cnf that is an array': [{ jkt: JKT }],
}
const NO_JKT = {
  'a jkt that is a number': { jkt: 7 },
  'a jkt that is null': { jkt: null },
  'a jkt with a character missing': { jkt: JKT.slice(1) },
  'a jkt with padding': { jkt: `${JKT}=` },
  'a jkt that ends in stray bits': { jkt: `${JKT.slice(0, -1)}B` },
  'a SHA-1 thumbprint': { jkt: createHash('sha1').update('key').digest('base64url') },
}
const NO_X5T = {
  'an x5t#S256 in hexadecimal': { 'x5t#S256': Buffer.from(X5T, 'base64url').toString('hex') },
  'an x5t#S256 in the other alphabet': { 'x5t#S256': `${X5T.slice(1)}/` },
  'a good jkt beside a bad x5t#S256': { jkt: JKT, 'x5t#S256': '' },
}
const refusing = (malformed: Readonly<Record<string, unknown>>) => ({
  answer: [401, 'invalid_token'] as const,
  refuses: Object.fromEntries(
    Object.entries(malformed).map(([title, value]) => [title, cnf(value)]),
  ),
  overlaps: Object.fromEntries(
    Object.keys(malformed).map((title) => [title, 'FAPI2SP-5.3.4-5'] as const),
  ),
})

export const CONFIRMATION_CASES: readonly RowCases[] = [
  {
    clause: 'RFC7800-3.1',
    ...refusing(NO_OBJECT),
    holds: {
      'jkt and an unknown member': cnf({ jkt: JKT, kid: 'other' }),
      'both methods': [boundTwice, unchanged],
    },
  },
  {
    clause: 'RFC8705-3.1',
    ...refusing(NO_X5T),
    holds: { 'a certificate-bound token': [certificateBound, unchanged] },
  },
  { clause: 'RFC9449-6.1', ...refusing(NO_JKT), holds: { 'a DPoP-bound token': unchanged } },
  {
    clause: 'FAPI2SP-5.3.4-5',
    answer: [401, 'invalid_token'],
    holds: {
      'a DPoP-bound token': unchanged,
      'a certificate-bound token': [certificateBound, unchanged],
      'a token bound twice where one is asked': [boundTwice, unchanged],
      'a token bound twice where all are asked': [
        boundTwice,
        (r) => {
          r.policy.require = 'all'
        },
      ],
    },
    refuses: {
      'no cnf': bearerCnf(),
      'no cnf, with the scheme DPoP': cnf(),
      'an empty cnf': bearerCnf({}),
      'a method that we do not know': bearerCnf({ jwk: {} }),
      'a method that is off here: jkt': (r) => {
        r.policy.methods = ['mtls']
      },
      'a method that is off here: x5t#S256': [
        certificateBound,
        (r) => {
          r.policy.methods = ['dpop']
        },
      ],
      'a second method that is off here': [
        boundTwice,
        (r) => {
          r.policy.methods = ['dpop']
        },
      ],
      'one method where all are asked': (r) => {
        r.policy.require = 'all'
      },
    },
    overlaps: { 'no cnf, with the scheme DPoP': 'RFC9449-6' },
  },
  {
    clause: 'RFC9449-6.2',
    answer: [401, 'invalid_token'],
    holds: {
      'no token_type': [opaque, unchanged],
      DPoP: [opaque, tokenType('DPoP')],
      'dpop in another case': [opaque, tokenType('dPOP')],
      'Bearer for a certificate-bound token': [opaqueCertificateBound, tokenType('bearer')],
    },
    refuses: {
      'Bearer for a DPoP-bound token': [opaque, tokenType('Bearer')],
      'DPoP for a certificate-bound token': [opaqueCertificateBound, tokenType('DPoP')],
      'a type that is no string': [opaque, tokenType(['DPoP'])],
      'a type that is null': [opaque, tokenType(null)],
    },
    notApplicable: { 'a JWT': unchanged },
  },
  {
    clause: 'RFC9449-6',
    answer: [401, 'invalid_token'],
    holds: { 'Bearer and a certificate-bound token': [certificateBound, unchanged] },
    refuses: {
      'a certificate-bound token with a proof of one’s own making': (r) => {
        r.certificate = CERTIFICATE
        r.token.claims['cnf'] = { 'x5t#S256': X5T }
      },
    },
  },
  {
    clause: 'RFC9449-7.2',
    answer: [401, 'invalid_token'],
    holds: { 'a DPoP-bound token with the scheme DPoP': unchanged },
    refuses: {
      'a DPoP-bound token as Bearer': (r) => {
        r.scheme = 'Bearer'
      },
      'a token bound twice as Bearer': [
        boundTwice,
        (r) => {
          r.scheme = 'Bearer'
        },
      ],
    },
  },
  {
    clause: 'RFC8705-3',
    answer: [401, 'invalid_token'],
    holds: {
      'the certificate in cnf': [certificateBound, unchanged],
      'a DPoP-bound token on any connection': (r) => {
        r.certificate = { ...CERTIFICATE, thumbprint: digest('another') }
      },
    },
    refuses: {
      'no certificate': [
        certificateBound,
        (r) => {
          r.certificate = undefined
        },
      ],
      'another certificate': [
        certificateBound,
        (r) => {
          r.certificate = { ...CERTIFICATE, thumbprint: digest('another') }
        },
      ],
      'a token bound twice, with its proof only': [
        boundTwice,
        (r) => {
          r.certificate = undefined
        },
      ],
    },
  },
  {
    clause: 'RFC5280-6.1.3',
    answer: [401, 'invalid_token'],
    holds: {
      'its first millisecond': validity(NOW - 5_000),
      'its last millisecond': validity(NOW + 5_000),
      'an expired certificate beside a DPoP-bound token': (r) => {
        r.certificate = { ...CERTIFICATE, notAfter: NOW - 1 }
      },
    },
    refuses: {
      'a millisecond too early': validity(NOW - 5_001),
      'a millisecond too late': validity(NOW + 5_001),
    },
    notApplicable: { 'a connection without a certificate': unchanged },
  },
  {
    clause: 'RFC9110-15.6.4',
    which: 3,
    answer: [503, 'temporarily_unavailable'],
    holds: {
      'a certificate of which the status is known': [certificateBound, trusting({ ok: true })],
      'one that nobody asks about': [certificateBound, unchanged],
      'a stray one beside a DPoP-bound token': trusting(UNKNOWN),
    },
    refuses: { 'one without a revocation list': [certificateBound, trusting(UNKNOWN)] },
    overlaps: { 'one without a revocation list': 'RFC5280-6.1' },
    notApplicable: { 'a connection without a certificate': unchanged },
  },
  {
    clause: 'RFC5280-6.1',
    answer: [401, 'invalid_token'],
    holds: {
      'a certificate that is trusted': [certificateBound, trusting({ ok: true })],
      'one that is not, where the thumbprint is enough': [
        certificateBound,
        trusting(REVOKED, 'thumbprint'),
      ],
      'the same where the policy does not say': [
        certificateBound,
        (r) => {
          r.certificate = { ...CERTIFICATE, trust: REVOKED }
        },
      ],
      'a stray one beside a DPoP-bound token': trusting(REVOKED),
    },
    refuses: {
      'a revoked certificate': [certificateBound, trusting(REVOKED)],
      'one that nobody was asked about': [certificateBound, trusting(undefined)],
      'one of two proofs of possession': [boundTwice, trusting(REVOKED)],
    },
    notApplicable: { 'a connection without a certificate': unchanged },
  },
]
