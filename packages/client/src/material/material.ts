import { createPrivateKey, X509Certificate } from 'node:crypto'

import type { JWK } from 'jose'

import { MaterialError, type MaterialFile, type Pair } from './material-error.ts'

/** What one client needs, and nothing about servers but the issuer and whom to trust. */
export interface ClientMaterial {
  /** The issuer identifier, exactly as the metadata spells it. */
  readonly issuer: string
  readonly clientId: string
  readonly authentication: 'private_key_jwt' | 'tls_client_auth' | 'self_signed_tls_client_auth'
  /** How access tokens are sender-constrained: exactly one way. */
  readonly binding: 'dpop' | 'mtls'
  readonly redirectUri: string
  /** Private JWK with `alg` and `kid`, for client assertions. */
  readonly key?: JWK
  /** PEM. The chain begins with the client's own certificate. */
  readonly certificate?: ClientCertificate
  /** Where the browser comes back when its end-user has logged out. */
  readonly postLogoutRedirectUri?: string
  /** Where the client is told of logouts, and the certificate of its own server there. */
  readonly backchannelLogout?: ClientCertificate & { readonly uri: string }
  /** PEM of the root certificates that servers must lead to. No other root is trusted. */
  readonly trust: string
}

export interface ClientCertificate {
  readonly chain: string
  readonly key: string
}

/** FAPI 2.0 Security Profile §5.4.1; `Ed25519` is RFC 9864's name for that EdDSA. */
export const SIGNING_ALGORITHMS: readonly string[] = ['PS256', 'ES256', 'EdDSA', 'Ed25519']

const AUTHENTICATIONS: readonly unknown[] = [
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
] satisfies ClientMaterial['authentication'][]

const BINDINGS: readonly unknown[] = ['dpop', 'mtls'] satisfies ClientMaterial['binding'][]

/** Whether the client shows a certificate at the authorization server, and so uses its mTLS aliases. */
export const usesCertificate = (material: ClientMaterial): boolean =>
  material.authentication !== 'private_key_jwt' || material.binding === 'mtls'

type Rule = readonly [
  file: MaterialFile,
  sentence: string,
  holds: (material: ClientMaterial) => boolean,
]

// oxfmt-ignore
const RULES: readonly Rule[] = [
  ['client.json', 'issuer must be an https URL without query and fragment (RFC 8414 §2)', (m) => isIssuer(m.issuer)],
  ['client.json', 'clientId must be a non-empty string', (m) => typeof m.clientId === 'string' && m.clientId !== ''],
  ['client.json', `authentication must be one of ${AUTHENTICATIONS.join(', ')}`, (m) => AUTHENTICATIONS.includes(m.authentication)],
  ['client.json', `binding must be one of ${BINDINGS.join(', ')}`, (m) => BINDINGS.includes(m.binding)],
  ['client.json', 'redirectUri must be an absolute URL in normal form, without query and fragment', (m) => isRedirectUri(m.redirectUri)],
  ['key.jwk.json', 'is missing, and private_key_jwt signs its assertions with it', (m) => m.authentication !== 'private_key_jwt' || m.key !== undefined],
  ['key.jwk.json', 'must be a private JWK with kid', (m) => !m.key || (typeof m.key.d === 'string' && typeof m.key.kid === 'string' && m.key.kid !== '')],
  ['key.jwk.json', `alg must be one of ${SIGNING_ALGORITHMS.join(', ')} (FAPI 2.0 SP §5.4.1)`, (m) => !m.key || SIGNING_ALGORITHMS.includes(m.key.alg ?? "")],
  ['certificate.pem', 'is missing, and this client is authenticated or constrained by certificate', (m) => !usesCertificate(m) || m.certificate !== undefined],
  ...pairRules('certificate', ({ certificate }) => certificate),
  ['client.json', 'postLogoutRedirectUri must be an absolute URL in normal form, without query and fragment', (m) => m.postLogoutRedirectUri === undefined || isRedirectUri(m.postLogoutRedirectUri)],
  ['client.json', 'backchannelLogoutUri must be an https URL without fragment', (m) => !m.backchannelLogout || isBackchannelUri(m.backchannelLogout.uri)],
  ...pairRules('backchannel-logout', ({ backchannelLogout }) => backchannelLogout),
  ['trust.pem', 'must hold at least one certificate in PEM', (m) => isCertificate(m.trust)],
]

// oxfmt-ignore
function pairRules(pair: Pair, of: (material: ClientMaterial) => ClientCertificate | undefined): readonly Rule[] {
  const rule = (suffix: '.pem' | '.key.pem', sentence: string, holds: (pair: ClientCertificate) => boolean): Rule =>
    [`${pair}${suffix}`, sentence, (material) => { const found = of(material); return !found || holds(found) }]
  return [
    rule('.pem', 'must hold certificates in PEM', ({ chain }) => isCertificate(chain)),
    rule('.key.pem', 'must hold an unencrypted private key in PEM', ({ key }) => isPrivateKey(key)),
    rule('.key.pem', `does not belong to the first certificate of ${pair}.pem`, belongs),
  ]
}

/**
 * Returns if a client can be made from this material.
 *
 * @throws MaterialError with the first file that is at fault and what is wrong with it
 */
export function checkMaterial(material: ClientMaterial): void {
  const broken = RULES.find(([, , holds]) => !holds(material))
  if (broken) throw new MaterialError('INCONSISTENT', broken[0], broken[1])
}

function isIssuer(value: unknown): boolean {
  const url = typeof value === 'string' ? URL.parse(value) : null
  return url !== null && url.protocol === 'https:' && !/[?#]/.test(String(value))
}

const isBackchannelUri = (value: unknown): boolean =>
  typeof value === 'string' && URL.parse(value)?.protocol === 'https:' && !value.includes('#')

/**
 * Normal form and no query, because openid-client sends to the token endpoint what it parsed from
 * the current URL and stripped of its query; the server compares strings (RFC 6749 §4.1.3).
 */
const isRedirectUri = (value: unknown): boolean =>
  typeof value === 'string' && URL.parse(value)?.href === value && !/[?#]/.test(value)

const isCertificate = (pem: string): boolean => succeeds(() => new X509Certificate(pem))

const isPrivateKey = (pem: string): boolean => succeeds(() => createPrivateKey(pem))

function belongs({ chain, key }: ClientCertificate): boolean {
  return new X509Certificate(chain).checkPrivateKey(createPrivateKey(key))
}

/** What node:crypto cannot parse is the answer "no"; why it could not may quote a secret. */
function succeeds(parse: () => unknown): boolean {
  try {
    parse()
    return true
  } catch {
    return false
  }
}
