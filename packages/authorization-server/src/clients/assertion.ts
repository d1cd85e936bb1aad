import type { Records } from '@holdfast/store'
import { errors } from 'oidc-provider'
import type { KoaContextWithOIDC, Provider, UnknownObject } from 'oidc-provider'
import type { Configuration } from '../configuration/configuration.ts'
import type { Terms } from '../profiles/requirement.ts'
import { once } from '../records/once.ts'
import { endpoints } from '../vocabulary/endpoints.ts'
import { CLOCK_TOLERANCE, DATED_AHEAD, seconds } from '../vocabulary/time.ts'

interface Assertion {
  readonly header: UnknownObject
  readonly claims: UnknownObject
}

interface AssertionRules extends Pick<Configuration, 'issuer'>, Pick<Terms, 'audiences'> {
  /** Seconds that `exp` may lie ahead; also bounds how long its use is remembered. */
  readonly longest: number
}

/**
 * What the library does not ask of a client assertion whose signature is good. Being the library's
 * hook, it also replaces the check of `aud` that profile '2.0' brings.
 */
export function checkAssertion(
  { oidc }: KoaContextWithOIDC,
  { header, claims }: Assertion,
  { issuer, longest, audiences }: AssertionRules,
): void {
  const { aud, exp, iat, nbf } = claims
  const here = new URL(oidc.urlFor('token')).origin // of the listener: see http/listeners.ts
  const known = [issuer, ...urlsOf(audiences, [issuer, here])]
  // RFC7797-7: the library verifies what is said not to be encoded, and then decodes it.
  if (header['crit'] !== undefined)
    throw new errors.InvalidClientAuth('the client assertion names an extension of JWS in crit')
  // FAPI2SP-5.3.2.1-8: as a string, not in a list.
  const isAudience = typeof aud === 'string' && known.includes(aud)
  if (!isAudience)
    throw new errors.InvalidClientAuth(
      'aud of the client assertion must be the issuer, as a string',
    )
  if (typeof exp !== 'number' || exp > seconds() + longest + CLOCK_TOLERANCE)
    throw new errors.InvalidClientAuth(`exp of the client assertion is over ${longest} s ahead`)
  for (const [name, date] of Object.entries({ iat, nbf }))
    // FAPI2SP-5.3.2.1-13
    if (date !== undefined && (typeof date !== 'number' || date > seconds() + DATED_AHEAD))
      throw new errors.InvalidClientAuth(`${name} of the client assertion is over 60 s ahead`)
}

const urlsOf = (names: Terms['audiences'], origins: readonly string[]): readonly string[] =>
  origins.flatMap((origin) => names.map((name) => origin + endpoints[name]))

/**
 * Before it asks `checkAssertion`, the library refuses what names neither the issuer nor an endpoint of the
 * origin that was asked: who asks at the alias would be refused the URL that the metadata names first.
 */
export function expectAudiences(provider: Provider, { issuer, mtlsOrigin }: Configuration): void {
  const all = urlsOf(['token', 'backchannel_authentication'], [issuer, mtlsOrigin])
  provider.OIDCContext.prototype.clientJwtAuthExpectedAudience = () => new Set([issuer, ...all])
}

/**
 * Single use of client assertions (OIDC Core §9), by one atomic put-if-absent where the library looks
 * first and writes afterwards. Proofs have a memory of their own: see sender-constraint/enforcing.ts.
 */
export function rememberAssertions(provider: Provider, records: Records): void {
  // `exp` was checked to be near; false makes it 401 invalid_client.
  provider.ReplayDetection.unique = (client, jti, exp) =>
    once(records, {
      kind: 'ReplayDetection',
      id: JSON.stringify([client, jti]),
      expiresAt: Math.ceil(exp * 1_000),
    })
}
