/**
 * What openid-client leaves open about an ID token. Signature, algorithm, `iss`, `sub`, `exp`, `nbf`,
 * `nonce`, `auth_time`, and that this client is in `aud`, it has checked before.
 */
import { createHash } from 'node:crypto'

import { decodeProtectedHeader } from 'jose'
import type { IDToken } from 'openid-client'

import { refusal } from './errors.ts'

interface Presented {
  readonly claims: IDToken
  readonly clientId: string
  readonly accessToken: string
  /** By which the ID token is signed. */
  readonly alg: string
}

/** Seconds (FAPI 2.0 SP §5.3.2.1-13, which says it of the JWTs that a server takes). */
const AHEAD = 60

// oxfmt-ignore
const RULES: readonly (readonly [sentence: string, holds: (presented: Presented) => boolean])[] = [
  // OpenID Connect Core §3.1.3.7-3: no audience that the client does not trust, and it trusts none.
  ['the ID token has other audiences', ({ claims: { aud }, clientId }) => [aud].flat().every((one) => one === clientId)],
  // §3.1.3.7-5
  ['the ID token was issued to another party (azp)', ({ claims: { azp }, clientId }) => azp === undefined || azp === clientId],
  // §3.1.3.7-10
  ['the ID token is dated ahead (iat)', ({ claims: { iat } }) => iat <= Date.now() / 1000 + AHEAD],
  // §3.1.3.8
  ['the ID token came with another access token (at_hash)', ({ claims: { at_hash: hash }, accessToken, alg }) =>
    hash === undefined || hash === halfHash(accessToken, alg)],
]

/** @throws ClientError `HOLDFAST_ID_TOKEN` */
export function checkIdToken(
  idToken: string,
  claims: IDToken,
  { clientId, accessToken }: Pick<Presented, 'clientId' | 'accessToken'>,
): void {
  const { alg = '' } = decodeProtectedHeader(idToken)
  const broken = RULES.find(([, holds]) => !holds({ claims, clientId, accessToken, alg }))
  if (broken) throw refusal('HOLDFAST_ID_TOKEN', broken[0])
}

/** The left half of the hash that belongs to `alg`; that of Ed25519 is SHA-512 (RFC 8032 §5.1). */
function halfHash(token: string, alg: string): string {
  const hash = createHash(alg.startsWith('Ed') ? 'sha512' : 'sha256')
    .update(token)
    .digest()
  return hash.subarray(0, hash.length / 2).toString('base64url')
}
