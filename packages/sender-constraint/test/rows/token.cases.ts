import {
  ATTACKER,
  type Draft,
  ED25519,
  ML_DSA,
  NOW,
  opaque,
  P384,
  RSA_2048,
  type Signer,
  TIME,
} from '../honest.ts'
import { POST_QUANTUM, type TokenStatus } from '../../src/index.ts'
import type { RowCases } from './case.ts'
import { unchanged } from './case.ts'

const claim = (name: string, value?: unknown) => (r: Draft) => {
  r.token.claims[name] = value
}
const header = (name: string, value?: unknown) => (r: Draft) => {
  r.token.header[name] = value
}
const answered = (name: string, value?: unknown) =>
  [opaque, (r: Draft) => Object.assign(r.token.response!, { [name]: value })] as const
const text = (edit: (text: string) => string) => (r: Draft) => {
  r.token.text = edit
}
const signedBy =
  (key: Signer, alg = key.alg) =>
  (r: Draft) => {
    r.token.signer = key
    r.token.published = key.jwk
    r.token.header['alg'] = alg
  }
const status = (value: TokenStatus, wanted?: 'off' | 'required') => (r: Draft) => {
  r.token.status = value
  if (wanted) r.policy.status = wanted
}
const PAYMENT = { type: 'payment_initiation', creditorName: 'Shop' }
const details = (value: unknown) => (r: Draft) => {
  r.policy.authorizationDetails = PAYMENT.type
  r.token.claims['authorization_details'] = value
}
const acr = (value: unknown) => (r: Draft) => {
  r.policy.acrValues = ['urn:silver', 'urn:gold']
  r.token.claims['acr'] = value
}
const login = (maxAge: number, time: unknown) => (r: Draft) => {
  r.policy.maxAge = maxAge
  r.token.claims['auth_time'] = time
}
/** A token of exactly this many characters. */
const ofLength = (length: number) => (r: Draft) => {
  r.token.text = (original) => {
    const [head, , tail] = original.split('.')
    const room = length - `${head}..${tail}`.length
    const claims = JSON.stringify({ ...r.token.claims, pad: '' })
    const bytes = Math.floor((room * 3) / 4)
    const padded = claims.replace('"pad":""', `"pad":"${'x'.repeat(bytes - claims.length)}"`)
    return `${head}.${Buffer.from(padded).toString('base64url')}.${tail}`
  }
}

export const TOKEN_CASES: readonly RowCases[] = [
  {
    clause: 'RFC9110-15.6.4',
    answer: [503, 'temporarily_unavailable'],
    holds: { 'an issuer that answers': unchanged },
    refuses: {
      'a token that nobody can be asked about': (r) => {
        r.token.unavailable = true
      },
    },
  },
  {
    clause: 'RFC7519-7.2',
    answer: [401, 'invalid_token'],
    holds: { 'an opaque token': [opaque, unchanged] },
    refuses: {
      'no JWT': text(() => 'abc'),
      'two segments': text((whole) => whole.slice(0, whole.lastIndexOf('.'))),
      'five segments': text((whole) => `${whole}.YQ.YQ`),
      padding: text((whole) => `${whole}=`),
      'claims that are no object': text((whole) => whole.replace(/\.[^.]+\./, '.W10.')),
      '16,385 characters': ofLength(16_385),
    },
  },
  {
    clause: 'RFC7662-2.2',
    answer: [401, 'invalid_token'],
    holds: { 'an active token': [opaque, unchanged] },
    refuses: {
      'a token that is not active': answered('active', false),
      'an answer that does not say': answered('active'),
      'a truthy value': answered('active', 'true'),
    },
    notApplicable: { 'a JWT': unchanged },
  },
  {
    clause: 'RFC7515-4.1.11',
    answer: [401, 'invalid_token'],
    holds: { 'an unknown header parameter': header('x', 1) },
    refuses: {
      'a critical parameter': (r) => Object.assign(r.token.header, { crit: ['x'], x: 1 }),
      'an empty crit': header('crit', []),
      'a crit that is null': header('crit', null),
    },
    notApplicable: { 'an opaque token': [opaque, unchanged] },
  },
  {
    clause: 'FAPI2SP-5.4.1-1b',
    answer: [401, 'invalid_token'],
    holds: {
      PS256: signedBy(RSA_2048),
      EdDSA: signedBy(ED25519),
      Ed25519: signedBy(ED25519, 'Ed25519'),
      'ML-DSA-87, by a policy that names it': (r) => {
        signedBy(ML_DSA['ML-DSA-87'])(r)
        r.policy.tokenAlgorithms = POST_QUANTUM
      },
    },
    refuses: {
      'ML-DSA-44, by the profile': signedBy(ML_DSA['ML-DSA-44']),
      'ML-DSA-87, by the profile': signedBy(ML_DSA['ML-DSA-87']),
      none: header('alg', 'none'),
      'HS256 with the public key': header('alg', 'HS256'),
      RS256: signedBy(RSA_2048, 'RS256'),
      ES384: signedBy(P384),
      PS384: signedBy(RSA_2048, 'PS384'),
      'another letter case': header('alg', 'es256'),
      'no alg': header('alg'),
      'an alg that is no string': header('alg', ['ES256']),
      'an algorithm that this route does not take': (r) => {
        r.policy.tokenAlgorithms = ['PS256']
      },
    },
    overlaps: {
      none: 'RFC9068-4-5',
      'HS256 with the public key': 'RFC9068-4-5',
      RS256: 'RFC9068-4-5',
      ES384: 'RFC9068-4-5',
      PS384: 'RFC9068-4-5',
      'another letter case': 'RFC9068-4-5',
      'no alg': 'RFC9068-4-5',
      'an alg that is no string': 'RFC9068-4-5',
    },
  },
  {
    clause: 'RFC9068-2.2',
    answer: [401, 'invalid_token'],
    holds: { 'unknown claims': claim('acr', 'urn:x') },
    refuses: {
      'no iss': claim('iss'),
      'no exp': claim('exp'),
      'no aud': claim('aud'),
      'no sub': claim('sub'),
      'no client_id': claim('client_id'),
      'no iat': claim('iat'),
      'no jti': claim('jti'),
      'a jti that is a number': claim('jti', 7),
      'an iat that is text': claim('iat', `${TIME}`),
      'an exp that is null': claim('exp', null),
    },
    overlaps: {
      'no iss': 'RFC9068-4-3',
      'no exp': 'RFC9068-4-6',
      'no aud': 'RFC9068-4-4',
      'an iat that is text': 'RFC7519-4.1.5',
      'an exp that is null': 'RFC9068-4-6',
    },
    notApplicable: { 'an introspection response without sub': [opaque, unchanged] },
  },
  {
    clause: 'RFC9068-4-1',
    answer: [401, 'invalid_token'],
    holds: {
      'application/at+jwt': header('typ', 'application/at+jwt'),
      'another letter case': header('typ', 'AT+JWT'),
    },
    refuses: {
      'no typ': header('typ'),
      'an ID token': header('typ', 'JWT'),
      'a proof': header('typ', 'dpop+jwt'),
      'another media type': header('typ', 'text/at+jwt'),
      'a typ that is no string': header('typ', ['at+jwt']),
    },
  },
  {
    clause: 'RFC9068-4-3',
    answer: [401, 'invalid_token'],
    holds: {
      'an introspection response without iss': answered('iss'),
      'an introspection response of the issuer that was asked': [
        opaque,
        (r) => {
          r.token.asked = 'https://as.example'
        },
      ],
      'an introspection response without iss, of the issuer that was asked': [
        opaque,
        (r) => {
          r.token.response!['iss'] = undefined
          r.token.asked = 'https://as.example'
        },
      ],
      'the second of two issuers': (r) => {
        r.policy.issuers = ['https://other.example', 'https://as.example']
      },
    },
    refuses: {
      'another issuer': claim('iss', 'https://evil.example'),
      'a slash more': claim('iss', 'https://as.example/'),
      'an introspection response that names another': answered('iss', 'https://evil.example'),
      'an introspection response of an issuer that does not count here': [
        opaque,
        (r) => {
          r.token.response!['iss'] = undefined
          r.token.asked = 'https://evil.example'
        },
      ],
      'an introspection response that speaks for another issuer of ours': [
        opaque,
        (r) => {
          r.policy.issuers = ['https://as.example', 'https://other.example']
          r.token.asked = 'https://other.example'
        },
      ],
    },
  },
  {
    clause: 'RFC9068-4-4',
    answer: [401, 'invalid_token'],
    holds: {
      'an array that contains ours': claim('aud', ['https://other.example', 'https://rs.example']),
    },
    refuses: {
      'another audience': claim('aud', 'https://other.example'),
      'an array without ours': claim('aud', ['https://other.example']),
      'an empty array': claim('aud', []),
      'a longer name that begins with ours': claim('aud', 'https://rs.example.evil.example'),
      'an audience that is an object': claim('aud', { 'https://rs.example': true }),
      'an introspection response without aud': answered('aud'),
    },
  },
  {
    clause: 'RFC9068-4-5',
    answer: [401, 'invalid_token'],
    holds: { 'a key of the issuer': unchanged },
    refuses: {
      'an altered signature': text((whole) => {
        const at = whole.length - 40
        return `${whole.slice(0, at)}${whole[at] === 'A' ? 'B' : 'A'}${whole.slice(at + 1)}`
      }),
      'no signature': text((whole) => whole.slice(0, whole.lastIndexOf('.') + 1)),
      'another key': (r) => {
        r.token.signer = ATTACKER
      },
      'a kid that the issuer does not publish': (r) => {
        r.token.published = undefined
      },
      'an algorithm that does not fit the key': (r) => {
        r.token.published = RSA_2048.jwk
      },
    },
  },
  {
    clause: 'RFC9068-4-6',
    answer: [401, 'invalid_token'],
    holds: {
      'the last millisecond before exp': (r) => {
        r.now = (TIME + 30) * 1000 - 1
        r.token.claims['exp'] = TIME + 30
      },
      'an introspection response without exp': answered('exp'),
    },
    refuses: {
      'exp itself': claim('exp', TIME),
      'an exp that has passed': claim('exp', TIME - 1),
      'a fraction of a second': claim('exp', TIME - 0.001),
      'an introspection response with an exp that is text': answered('exp', '9999999999'),
      'an introspection response with an exp that has passed': answered('exp', TIME - 1),
    },
  },
  {
    clause: 'RFC7519-4.1.5',
    answer: [401, 'invalid_token'],
    holds: {
      'iat 10 s ahead': claim('iat', TIME + 10),
      'nbf 10 s ahead': claim('nbf', TIME + 10),
      'a fractional iat': claim('iat', TIME - 0.5),
    },
    refuses: {
      'iat 10.001 s ahead': claim('iat', TIME + 10.001),
      'nbf 10.001 s ahead': claim('nbf', TIME + 10.001),
      'an nbf that is null': claim('nbf', null),
      'an nbf that is text': claim('nbf', `${TIME}`),
      'iat ahead where the route allows nothing': (r) => {
        r.policy.tokenAhead = 0
        r.token.claims['iat'] = NOW / 1000 + 0.001
      },
      'an introspection response with nbf to come': answered('nbf', TIME + 11),
    },
  },
  {
    clause: 'RFC9110-15.6.4',
    which: 2,
    answer: [503, 'temporarily_unavailable'],
    holds: { 'a list that says valid': status('valid'), 'a list that nobody asked for': unchanged },
    refuses: { 'no list that is still good': status('stale') },
    overlaps: { 'no list that is still good': 'FAPI2SP-5.3.4-3' },
    notApplicable: { 'an opaque token': [opaque, unchanged] },
  },
  {
    clause: 'FAPI2SP-5.3.4-3',
    answer: [401, 'invalid_token'],
    holds: {
      'a valid token': status('valid'),
      'a valid token where a status is required': status('valid', 'required'),
      'a token without status where none is required': status('absent', 'off'),
      'a token whose status nobody looked at': unchanged,
    },
    refuses: {
      'a revoked token': status('revoked'),
      'a revoked token where no status is required': status('revoked', 'off'),
      'a suspended token': status('suspended'),
      'a value without a meaning': status('other'),
      'a foreign list': status('foreign'),
      'an index out of range': status('out of range'),
      'a token without status where one is required': status('absent', 'required'),
      'a token whose status nobody looked at where one is required': (r) => {
        r.policy.status = 'required'
      },
    },
    notApplicable: { 'an opaque token': [opaque, unchanged] },
  },
  {
    clause: 'FAPI2SP-5.3.4-4',
    answer: [403, 'insufficient_scope'],
    holds: {
      'all of several, in another order': (r) => {
        r.policy.scopes = ['b', 'a']
        r.token.claims['scope'] = 'a b c'
      },
      'no scope where none is asked': (r) => {
        r.policy.scopes = []
        r.token.claims['scope'] = undefined
      },
    },
    refuses: {
      'no scope': claim('scope'),
      'another scope': claim('scope', 'openid'),
      'a longer one': claim('scope', 'accounts:read'),
      'another letter case': claim('scope', 'Accounts'),
      'an array': claim('scope', ['accounts']),
      'one of two': (r) => {
        r.policy.scopes = ['accounts', 'payments']
      },
    },
  },
  {
    clause: 'RFC9396-9',
    answer: [403, 'insufficient_scope'],
    holds: {
      'no detail where none is asked': claim('authorization_details', undefined),
      'text where none is asked': claim('authorization_details', 'payment_initiation'),
      'the second of two': details([{ type: 'account_information' }, PAYMENT]),
      'an introspection response with the detail': [
        opaque,
        (r) => {
          r.policy.authorizationDetails = PAYMENT.type
          r.token.response!['authorization_details'] = [PAYMENT]
        },
      ],
    },
    refuses: {
      'no details': details(undefined),
      'an empty list': details([]),
      'another type': details([{ type: 'account_information' }]),
      'another letter case': details([{ type: 'Payment_initiation' }]),
      'a type inside a list': details([{ type: [PAYMENT.type] }]),
      'a detail that is no object': details([null, PAYMENT.type]),
      'one detail that is in no list': details(PAYMENT),
      'an introspection response without details': [
        opaque,
        (r) => {
          r.policy.authorizationDetails = PAYMENT.type
        },
      ],
    },
  },
  {
    clause: 'RFC9470-3-acr_values',
    answer: [401, 'insufficient_user_authentication'],
    holds: {
      'any acr where none is asked': claim('acr', 'urn:x'),
      'no acr where none is asked': (r) => {
        r.policy.acrValues = []
      },
      'the second of two': acr('urn:gold'),
      'an introspection response with the acr': [
        opaque,
        (r) => {
          r.policy.acrValues = ['urn:gold']
          r.token.response!['acr'] = 'urn:gold'
        },
      ],
    },
    refuses: {
      'no acr': acr(undefined),
      'another acr': acr('urn:bronze'),
      'another letter case': acr('URN:gold'),
      'both in one text': acr('urn:silver urn:gold'),
      'an array': acr(['urn:gold']),
      'an introspection response without acr': [
        opaque,
        (r) => {
          r.policy.acrValues = ['urn:gold']
        },
      ],
    },
  },
  {
    clause: 'RFC9470-3-max_age',
    answer: [401, 'insufficient_user_authentication'],
    holds: {
      'a login of an hour ago where none is asked': claim('auth_time', TIME - 3_600),
      'a login of 300 s ago where 300 are allowed': login(300, TIME - 300),
      'a login of this very second where none are allowed': login(0, TIME),
      'auth_time 10 s ahead': login(300, TIME + 10),
    },
    refuses: {
      'a login of 300.001 s ago': login(300, TIME - 300.001),
      'a login of a second ago where none are allowed': login(0, TIME - 1),
      'auth_time 10.001 s ahead': login(300, TIME + 10.001),
      'no auth_time': login(300, undefined),
      'auth_time that is text': login(300, `${TIME}`),
      'auth_time that is null': login(300, null),
    },
  },
]

export const LONGEST_TOKEN = ofLength(16_384)
