import {
  ATTACKER,
  certificateBound,
  CLIENT,
  type Draft,
  digest,
  ED25519,
  GENERATION,
  KEEPER,
  ML_DSA,
  NOW,
  nonceAt,
  P384,
  RSA_1024,
  RSA_16384,
  RSA_2047,
  RSA_2048,
  RSA_COSTLY,
  RSA_OF_ONE,
  type Signer,
  thumbprint,
  TIME,
  useKey,
} from '../honest.ts'
import { issueNonce, POST_QUANTUM } from '../../src/index.ts'
import type { RowCases } from './case.ts'
import { unchanged } from './case.ts'

const claim = (name: string, value?: unknown) => (r: Draft) => {
  r.proof!.claims[name] = value
}
const header = (name: string, value?: unknown) => (r: Draft) => {
  r.proof!.header[name] = value
}
const text = (edit: (text: string) => string) => (r: Draft) => {
  r.proof!.text = edit
}
const by =
  (key: Signer, alg = key.alg) =>
  (r: Draft) =>
    useKey(r, key, alg)
const postQuantum = (alg: keyof typeof ML_DSA) => (r: Draft) => {
  useKey(r, ML_DSA[alg])
  r.policy.proofAlgorithms = POST_QUANTUM
}
const noProof = (r: Draft) => {
  r.proof = undefined
}
const withNonce = (r: Draft) => {
  r.proof!.claims['nonce'] = nonceAt(NOW - 1_000)
}
const PROOF = [401, 'invalid_dpop_proof'] as const
const NONCE = [401, 'use_dpop_nonce'] as const
const noProofAtAll = { 'a Bearer request': [certificateBound, unchanged] } as const
const withoutMember = (name: string) => {
  const { [name]: _, ...rest } = CLIENT.jwk
  return rest
}
const withD = (name: string) =>
  header('jwk', { ...CLIENT.jwk, [name]: Buffer.alloc(32, 1).toString('base64url') })

export const PROOF_CASES: readonly RowCases[] = [
  {
    clause: 'RFC9449-7.1',
    answer: PROOF,
    refuses: { 'no DPoP field': noProof },
    notApplicable: noProofAtAll,
  },
  {
    clause: 'RFC9449-4.3-1',
    answer: PROOF,
    refuses: {
      'the same proof in two fields': (r) => {
        r.fields = (proof) => [proof, proof]
      },
      'a second field that is empty': (r) => {
        r.fields = (proof) => [proof, '']
      },
    },
    notApplicable: noProofAtAll,
  },
  {
    clause: 'RFC9449-4.3-2',
    answer: PROOF,
    holds: { 'an unknown header parameter': header('x', { y: 1 }) },
    refuses: {
      'an empty field': text(() => ''),
      'two proofs in one field': text((whole) => `${whole}, ${whole}`),
      'two segments': text((whole) => whole.slice(0, whole.lastIndexOf('.'))),
      'JSON serialization': text(() => '{"payload":"e30","signatures":[]}'),
      padding: text((whole) => `${whole}=`),
      '16 KiB': claim('pad', 'x'.repeat(16_384)),
    },
    notApplicable: noProofAtAll,
  },
  {
    clause: 'RFC7515-4.1.11',
    which: 2,
    answer: PROOF,
    refuses: {
      'a critical parameter': (r) => Object.assign(r.proof!.header, { crit: ['b64'], b64: true }),
      'an empty crit': header('crit', []),
    },
    notApplicable: { 'no proof': [certificateBound, unchanged] },
  },
  {
    clause: 'RFC9449-4.3-3',
    answer: PROOF,
    holds: {
      'unknown claims': claim('x', 1),
      'a fractional iat': claim('iat', TIME - 0.25),
      'a jti of 256 characters': claim('jti', 'j'.repeat(256)),
    },
    refuses: {
      'no jti': claim('jti'),
      'no htm': claim('htm'),
      'no htu': claim('htu'),
      'no iat': claim('iat'),
      'an empty jti': claim('jti', ''),
      'a jti that is a number': claim('jti', 7),
      'a jti of 257 characters': claim('jti', 'j'.repeat(257)),
      'an htm that is an array': claim('htm', ['GET']),
      'an htu that is an object': claim('htu', {}),
      'an iat that is text': claim('iat', `${TIME}`),
      'an iat that is null': claim('iat', null),
      'an infinite iat': text((whole) => {
        const claims = JSON.stringify({ jti: 'a', htm: 'GET', htu: 'x', iat: 0 })
        const infinite = Buffer.from(claims.replace('"iat":0', '"iat":1e999'))
        return whole.replace(/\.[^.]+\./, `.${infinite.toString('base64url')}.`)
      }),
    },
    overlaps: {
      'no htm': 'RFC9449-4.3-8',
      'no htu': 'RFC9449-4.3-9',
      'no iat': 'RFC9449-4.3-11',
      'an htm that is an array': 'RFC9449-4.3-8',
      'an htu that is an object': 'RFC9449-4.3-9',
      'an iat that is text': 'RFC9449-4.3-11',
      'an iat that is null': 'RFC9449-4.3-11',
      'an infinite iat': 'RFC9449-4.3-6',
    },
  },
  {
    clause: 'RFC9449-4.3-4',
    answer: PROOF,
    refuses: {
      'no typ': header('typ'),
      JWT: header('typ', 'JWT'),
      'an access token': header('typ', 'at+jwt'),
      'application/dpop+jwt': header('typ', 'application/dpop+jwt'),
      'another letter case': header('typ', 'DPoP+jwt'),
    },
  },
  {
    clause: 'RFC9449-4.3-5',
    answer: PROOF,
    holds: {
      PS256: by(RSA_2048),
      EdDSA: by(ED25519),
      Ed25519: by(ED25519, 'Ed25519'),
      'ML-DSA-44, by a policy that names it': postQuantum('ML-DSA-44'),
      'ML-DSA-65, by a policy that names it': postQuantum('ML-DSA-65'),
      'ML-DSA-87, by a policy that names it': postQuantum('ML-DSA-87'),
    },
    refuses: {
      'ML-DSA-44, by the profile': by(ML_DSA['ML-DSA-44']),
      'ML-DSA-65, by the profile': by(ML_DSA['ML-DSA-65']),
      'ML-DSA-87, by the profile': by(ML_DSA['ML-DSA-87']),
      none: header('alg', 'none'),
      'HS256 with the public key': header('alg', 'HS256'),
      RS256: by(RSA_2048, 'RS256'),
      PS384: by(RSA_2048, 'PS384'),
      ES384: by(P384),
      'no alg': header('alg'),
      'an algorithm that this route does not take': (r) => {
        r.policy.proofAlgorithms = ['PS256']
      },
    },
    overlaps: {
      none: 'RFC9449-4.3-6',
      'HS256 with the public key': 'RFC9449-4.3-6',
      RS256: 'RFC9449-4.3-6',
      PS384: 'RFC9449-4.3-6',
      ES384: 'RFC9449-4.3-6',
      'no alg': 'RFC9449-4.3-6',
    },
  },
  {
    clause: 'FAPI2SP-5.4.1-2',
    answer: PROOF,
    holds: { '2048 bits': by(RSA_2048), 'a key that is not RSA': by(ED25519) },
    refuses: {
      '2047 bits': by(RSA_2047),
      '1024 bits': by(RSA_1024),
      'an exponent as long as the modulus': by(RSA_COSTLY),
      '16384 bits': by(RSA_16384),
      'an exponent of 1': by(RSA_OF_ONE),
    },
    overlaps: { '16384 bits': 'RFC9449-4.3-6', 'an exponent of 1': 'RFC9449-4.3-6' },
  },
  {
    clause: 'RFC9449-4.3-6',
    answer: PROOF,
    refuses: {
      'an altered signature': text((whole) => {
        const at = whole.length - 40
        return `${whole.slice(0, at)}${whole[at] === 'A' ? 'B' : 'A'}${whole.slice(at + 1)}`
      }),
      'no signature': text((whole) => whole.slice(0, whole.lastIndexOf('.') + 1)),
      'another jti under the old signature': text((whole) => {
        const [head, payload = '', tail] = whole.split('.')
        const claims = Buffer.from(payload, 'base64url').toString().replace('proof-1', 'proof-2')
        return `${head}.${Buffer.from(claims).toString('base64url')}.${tail}`
      }),
      'the victim’s jwk and the attacker’s signature': (r) => {
        r.proof!.signer = ATTACKER
      },
      'an alg that does not fit jwk': header('alg', 'PS256'),
      'no jwk': header('jwk'),
      'a jwk that is no object': header('jwk', 'key'),
      'a symmetric jwk': header('jwk', { kty: 'oct', k: 'c2VjcmV0' }),
      'a jwk with a member missing': header('jwk', withoutMember('y')),
      'a jwk of another curve': header('jwk', P384.jwk),
    },
    overlaps: {
      'no jwk': 'RFC9449-4.3-12b',
      'a jwk that is no object': 'RFC9449-4.3-12b',
      'a symmetric jwk': 'RFC9449-4.3-7',
      'a jwk with a member missing': 'RFC9449-4.3-12b',
      'a jwk of another curve': 'RFC9449-4.3-12b',
    },
  },
  {
    clause: 'RFC9449-4.3-7',
    answer: PROOF,
    holds: {
      'members that say nothing secret': header('jwk', { ...CLIENT.jwk, use: 'sig', kid: '1' }),
    },
    refuses: Object.fromEntries(
      ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].map((name) => [
        `a jwk with ${name}`,
        withD(name),
      ]),
    ),
  },
  {
    clause: 'RFC9449-4.3-8',
    answer: PROOF,
    holds: {
      'another method, where the request has it too': (r) => {
        r.method = 'POST'
        r.proof!.claims['htm'] = 'POST'
      },
    },
    refuses: {
      'another method': claim('htm', 'POST'),
      'the method in lower case': claim('htm', 'get'),
      'white space': claim('htm', 'GET '),
    },
  },
  {
    clause: 'RFC9449-4.3-9',
    answer: PROOF,
    holds: {
      'a query and a fragment': claim('htu', 'https://rs.example/accounts?page=3#top'),
      'scheme and host in upper case': claim('htu', 'HTTPS://RS.EXAMPLE/accounts'),
      'the default port': claim('htu', 'https://rs.example:443/accounts'),
      'dot segments': claim('htu', 'https://rs.example/x/../accounts'),
    },
    refuses: {
      'another path': claim('htu', 'https://rs.example/payments'),
      'another letter case in the path': claim('htu', 'https://rs.example/Accounts'),
      'a slash at the end': claim('htu', 'https://rs.example/accounts/'),
      'another host': claim('htu', 'https://evil.example/accounts'),
      'another port': claim('htu', 'https://rs.example:8443/accounts'),
      http: claim('htu', 'http://rs.example/accounts'),
      'a relative reference': claim('htu', '/accounts'),
      'an encoded slash': claim('htu', 'https://rs.example/accounts%2F'),
      'a backslash': claim('htu', 'https://rs.example\\accounts'),
      'a tab': claim('htu', 'https://rs.example/acc\tounts'),
      userinfo: claim('htu', 'https://rs.example@rs.example/accounts'),
    },
  },
  {
    clause: 'RFC9449-4.3-10',
    answer: NONCE,
    holds: {
      'a fresh nonce': withNonce,
      'its last millisecond': (r) => {
        r.proof!.claims['nonce'] = nonceAt(NOW - KEEPER.lifetime + 1)
      },
    },
    refuses: {
      'an expired one': (r) => {
        r.proof!.claims['nonce'] = nonceAt(NOW - KEEPER.lifetime)
      },
      'one of another server': (r) => {
        const other = { ...KEEPER, label: 'https://other.example' }
        r.proof!.claims['nonce'] = issueNonce(other, GENERATION, NOW)
      },
      'one of another generation': (r) => {
        r.proof!.claims['nonce'] = issueNonce(KEEPER, 'generation-0', NOW)
      },
      'a random one': claim('nonce', 'abc'),
      'one that is null': claim('nonce', null),
    },
  },
  {
    clause: 'RFC9449-9',
    answer: NONCE,
    holds: {
      'a nonce where one is required': (r) => {
        r.policy.nonce = 'required'
        withNonce(r)
      },
    },
    refuses: {
      'no nonce where one is required': (r) => {
        r.policy.nonce = 'required'
      },
    },
  },
  {
    clause: 'RFC9449-4.3-11',
    answer: PROOF,
    holds: {
      'iat 60 s ago': claim('iat', TIME - 60),
      'iat 10 s ahead': claim('iat', TIME + 10),
      'exp to come and nbf passed': (r) =>
        Object.assign(r.proof!.claims, { exp: TIME + 0.001, nbf: TIME + 10 }),
      'iat an hour ago, with a nonce': (r) => {
        withNonce(r)
        r.proof!.claims['iat'] = TIME - 3_600
      },
      'iat an hour ahead, with a nonce': (r) => {
        withNonce(r)
        r.proof!.claims['iat'] = TIME + 3_600
      },
    },
    refuses: {
      'iat 60.001 s ago': claim('iat', TIME - 60.001),
      'iat 10.001 s ahead': claim('iat', TIME + 10.001),
      'iat in milliseconds': claim('iat', NOW),
      'a negative iat': claim('iat', -1),
      'exp this very millisecond': claim('exp', TIME),
      'an exp that is text': claim('exp', `${TIME + 60}`),
      'nbf 10.001 s ahead': claim('nbf', TIME + 10.001),
      'an nbf that is null': claim('nbf', null),
      'exp passed, with a nonce': (r) => {
        withNonce(r)
        r.proof!.claims['exp'] = TIME - 1
      },
      'iat outside a narrower window': (r) => {
        r.policy.proofWindow = { past: 5, ahead: 0 }
        r.proof!.claims['iat'] = TIME - 5.001
      },
    },
    overlaps: { 'a negative iat': 'RFC9449-11.1-3' },
  },
  {
    clause: 'RFC9449-4.3-12a',
    answer: PROOF,
    refuses: {
      'no ath': claim('ath'),
      'ath of another token': claim('ath', digest('another token')),
      'ath with padding': (r) => {
        r.proof!.claims['ath'] = `${digest('another token')}=`
      },
      'an ath that is no string': claim('ath', 7),
    },
    notApplicable: noProofAtAll,
  },
  {
    clause: 'RFC9449-4.3-12b',
    answer: [401, 'invalid_token'],
    refuses: {
      'a stolen token with the attacker’s key': (r) => {
        useKey(r, ATTACKER)
        r.token.claims['cnf'] = { jkt: thumbprint(CLIENT.jwk) }
      },
    },
    notApplicable: noProofAtAll,
  },
]
