/**
 * The honest requests of these tests, with real keys and real signatures. A test takes one, makes
 * one edit, and asks what the table says. Nothing here uses the code under test to make a proof, a
 * token or a thumbprint.
 */
import {
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import {
  ALGORITHMS,
  type ClientCertificate,
  type Clause,
  type Decision,
  enforce,
  type Facts,
  type Forwarding,
  importJwk,
  issueNonce,
  type MemoryAnswer,
  type NonceKeeper,
  normaliseUri,
  parseCredentials,
  type Policy,
  readDpopFields,
  readIntrospection,
  readJwtToken,
  readNonce,
  type Row,
  ROWS,
  type TokenStatus,
  withKey,
} from '../src/index.ts'

type Json = { [name: string]: unknown }

export interface Signer {
  readonly alg: string
  readonly jwk: Json
  readonly privateKey: KeyObject
}

interface Jwt {
  header: Json
  claims: Json
  signer: Signer
  /** The last edit: of the text itself. */
  text?: (text: string) => string
}

/** A request before it is sent. Edits change it in place. */
export interface Draft {
  /** Milliseconds. */
  now: number
  method: string
  url: string
  query: string
  /** The names in the TLS handshake and in the Host field. */
  named?: NonNullable<Facts['request']['named']>
  forwarding?: Forwarding
  scheme: string
  token: Jwt & {
    /** What the issuer publishes for it; `undefined`: nothing that fits. */
    published: Json | undefined
    /** The introspection response of an opaque token. */
    response?: Json
    /** Who was asked for it. */
    asked?: string
    status?: TokenStatus
    unavailable?: boolean
  }
  proof: (Jwt & { nonce?: string }) | undefined
  authorization: (presented: string) => readonly string[]
  fields: (proof: string) => readonly string[]
  certificate: ClientCertificate | undefined
  since: number
  answer: MemoryAnswer
  policy: { -readonly [Name in keyof Policy]: Policy[Name] }
}

export type Edit = (draft: Draft) => void

/** Milliseconds and seconds. */
export const NOW = 1_700_000_000_000
export const TIME = NOW / 1000

export const KEEPER: NonceKeeper = {
  secret: Buffer.alloc(32, 7),
  label: 'https://rs.example',
  lifetime: 300_000,
}
export const GENERATION = 'generation-1'

export const digest = (data: string): string =>
  createHash('sha256').update(data).digest('base64url')

const signer = (alg: string, pair: { publicKey: KeyObject; privateKey: KeyObject }): Signer => ({
  alg,
  jwk: { ...pair.publicKey.export({ format: 'jwk' }) },
  privateKey: pair.privateKey,
})
const p256 = () => signer('ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }))
const rsa = (modulusLength: number) =>
  signer('PS256', generateKeyPairSync('rsa', { modulusLength }))

const ISSUER = p256()
export const CLIENT = p256()
export const ATTACKER = p256()
export const ED25519 = signer('EdDSA', generateKeyPairSync('ed25519'))
export const P384 = signer('ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' }))
export const ML_DSA = {
  'ML-DSA-44': signer('ML-DSA-44', generateKeyPairSync('ml-dsa-44')),
  'ML-DSA-65': signer('ML-DSA-65', generateKeyPairSync('ml-dsa-65')),
  'ML-DSA-87': signer('ML-DSA-87', generateKeyPairSync('ml-dsa-87')),
}
export const RSA_2048 = rsa(2048)
export const RSA_2047 = rsa(2047)
export const RSA_1024 = rsa(1024)
/** The exponents have changed places: who signs has little to do, and whoever verifies a lot. */
export const RSA_COSTLY = costly(RSA_2048)
/** Its modulus is a number like any other: nobody gets as far as the signature. */
export const RSA_16384 = { ...RSA_2048, jwk: { ...RSA_2048.jwk, n: 'q'.repeat(2731) } }
export const RSA_OF_ONE = { ...RSA_2048, jwk: { ...RSA_2048.jwk, e: 'AQ' } }

function costly({ privateKey, alg }: Signer): Signer {
  const { d = '', e = '', n = '', p = '', q = '', qi = '' } = privateKey.export({ format: 'jwk' })
  const key = { kty: 'RSA', n, e: d, d: e, p, q, dp: e, dq: e, qi }
  return { alg, jwk: { kty: 'RSA', n, e: d }, privateKey: createPrivateKey({ key, format: 'jwk' }) }
}

/** RFC 7638, by hand: the members stand in the order in which they are written here. */
export function thumbprint({ kty, crv, x, y, e, n, alg, pub }: Json): string {
  if (kty === 'AKP') return digest(JSON.stringify({ alg, kty, pub }))
  if (kty === 'RSA') return digest(JSON.stringify({ e, kty, n }))
  return digest(JSON.stringify(kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x }))
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function sealed({ header, claims, signer: by, text = (same) => same }: Jwt): string {
  const input = `${encode(header)}.${encode(claims)}`
  return text(`${input}.${signature(header['alg'], by, Buffer.from(input)).toString('base64url')}`)
}

function signature(alg: unknown, { privateKey, jwk }: Signer, data: Buffer): Buffer {
  if (alg === 'none') return Buffer.alloc(0)
  if (alg === 'HS256') return createHmac('sha256', JSON.stringify(jwk)).update(data).digest()
  const kind = privateKey.asymmetricKeyType
  if (kind === 'ed25519' || kind?.startsWith('ml-dsa')) return sign(null, data, privateKey)
  if (kind === 'ec')
    return sign(alg === 'ES384' ? 'sha384' : 'sha256', data, {
      key: privateKey,
      dsaEncoding: 'ieee-p1363',
    })
  if (alg === 'RS256') return sign('sha256', data, privateKey)
  const padding = constants.RSA_PKCS1_PSS_PADDING
  return sign('sha256', data, { key: privateKey, padding, saltLength: 32 })
}

/** A DPoP-bound access token in JWT form, used by the client that it was issued to. */
export function dpopBound(): Draft {
  return {
    now: NOW,
    method: 'GET',
    url: 'https://rs.example/accounts',
    query: 'page=2',
    scheme: 'DPoP',
    token: {
      header: { typ: 'at+jwt', alg: 'ES256', kid: 'issuer-1' },
      claims: {
        iss: 'https://as.example',
        aud: 'https://rs.example',
        sub: 'alice',
        client_id: 'app',
        jti: 'token-1',
        iat: TIME - 30,
        exp: TIME + 300,
        scope: 'openid accounts',
        cnf: { jkt: thumbprint(CLIENT.jwk) },
      },
      signer: ISSUER,
      published: ISSUER.jwk,
    },
    proof: {
      header: { typ: 'dpop+jwt', alg: 'ES256', jwk: CLIENT.jwk },
      claims: { jti: 'proof-1', htm: 'GET', htu: 'https://rs.example/accounts', iat: TIME },
      signer: CLIENT,
    },
    authorization: (presented) => [presented],
    fields: (proof) => [proof],
    certificate: undefined,
    since: NOW - 3_600_000,
    answer: 'recorded',
    policy: {
      issuers: ['https://as.example'],
      audience: 'https://rs.example',
      scopes: ['accounts'],
      methods: ['dpop', 'mtls'],
      require: 'one',
      nonce: 'off',
      tokenAlgorithms: ALGORITHMS,
      proofAlgorithms: ALGORITHMS,
      proofWindow: { past: 60, ahead: 10 },
      tokenAhead: 10,
      clockMargin: 5,
    },
  }
}

export const CERTIFICATE: ClientCertificate = {
  thumbprint: digest('the client’s certificate'),
  notBefore: NOW - 86_400_000,
  notAfter: NOW + 86_400_000,
}

/** A certificate-bound access token, used over the client's own connection. */
export function certificateBound(): Draft {
  const draft = dpopBound()
  draft.scheme = 'Bearer'
  draft.proof = undefined
  draft.certificate = CERTIFICATE
  draft.token.claims['cnf'] = { 'x5t#S256': CERTIFICATE.thumbprint }
  return draft
}

/** A token whose cnf names both methods, both of them proven. */
export function boundTwice(): Draft {
  const draft = dpopBound()
  draft.certificate = CERTIFICATE
  draft.token.claims['cnf'] = {
    jkt: thumbprint(CLIENT.jwk),
    'x5t#S256': CERTIFICATE.thumbprint,
  }
  return draft
}

const introspected = (draft: Draft): Draft => {
  const { cnf, aud, scope, iss, exp } = draft.token.claims
  draft.token.response = { active: true, iss, aud, scope, exp, cnf }
  return draft
}

export const opaque = (): Draft => introspected(dpopBound())
export const opaqueCertificateBound = (): Draft => introspected(certificateBound())

/** Signs with another key, honestly: header, jwk and cnf say so. */
export function useKey(draft: Draft, key: Signer, alg = key.alg): void {
  Object.assign(draft.proof!.header, { alg, jwk: key.jwk })
  draft.proof!.signer = key
  draft.token.claims['cnf'] = { jkt: thumbprint(key.jwk) }
}

export const nonceAt = (time: number): string => issueNonce(KEEPER, GENERATION, time)

export function factsOf(draft: Draft): Facts {
  const { token, proof, now } = draft
  const text = token.response ? 'an-opaque-token' : sealed(token)
  const credentials = parseCredentials(draft.authorization(`${draft.scheme} ${text}`), draft.query)
  return {
    now,
    request: {
      method: draft.method,
      uri: normaliseUri(draft.url),
      ...(draft.named && { named: draft.named }),
    },
    ...(draft.forwarding && { forwarding: draft.forwarding }),
    credentials,
    ...(credentials.form === 'token' && { token: readToken(credentials.token, draft) }),
    ...(credentials.form === 'token' &&
      credentials.scheme === 'DPoP' && {
        dpop: readDpopFields(
          proof ? draft.fields(sealed(withAth(proof, credentials.token))) : [],
          (value) => readNonce(KEEPER, GENERATION, now, value),
        ),
      }),
    ...(draft.certificate && { certificate: draft.certificate }),
    memory: { since: draft.since },
  }
}

function readToken(text: string, { token }: Draft): NonNullable<Facts['token']> {
  if (token.unavailable) return { form: 'unavailable', reason: 'it does not answer' }
  if (token.response) return readIntrospection(text, token.response, token.asked)
  const read = readJwtToken(text)
  return read.form === 'jwt' ? withKey(read, importJwk(token.published), token.status) : read
}

// An edit that sets ath, also to undefined, keeps it so.
const withAth = (proof: Jwt, token: string): Jwt => ({
  ...proof,
  claims: { ath: digest(token), ...proof.claims },
})

export interface Run {
  readonly decision: Decision<Clause>
  /** How often the memory was asked. */
  readonly asked: number
}

export async function run(draft: Draft, rows: readonly Row<Clause>[] = ROWS): Promise<Run> {
  let asked = 0
  const decision = await enforce(rows, factsOf(draft), draft.policy, async () => {
    asked += 1
    return draft.answer
  })
  return { decision, asked }
}
