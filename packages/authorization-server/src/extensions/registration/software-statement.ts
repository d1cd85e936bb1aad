import { importJwk, parseJws, verifies } from '@holdfast/sender-constraint'
import { errors } from 'oidc-provider'
import { isAlgorithm } from '../../vocabulary/algorithms.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import type { Metadata } from '../../clients/client-metadata.ts'
import { DATED_AHEAD, seconds } from '../../vocabulary/time.ts'

/** Characters. */
const LONGEST = 32_768

/** Claims that are about the statement and not about the client. */
// oxfmt-ignore
const OF_THE_STATEMENT: ReadonlySet<string> = new Set([
  'iss', 'sub', 'aud', 'iat', 'nbf', 'exp', 'jti', 'software_statement', 'client_id', 'client_secret',
])

export interface SoftwareStatement {
  readonly issuer: string
  /** Good for one registration. */
  readonly jti: string
  /** Seconds since the epoch. */
  readonly exp: number
  /** What it says about the client. */
  readonly metadata: Metadata
}

/**
 * RFC7591-2.3.
 *
 * @throws errors.InvalidSoftwareStatement, errors.UnapprovedSoftwareStatement
 */
export function readSoftwareStatement(
  statement: unknown,
  { softwareStatementIssuers }: Configuration,
): SoftwareStatement {
  const jws = typeof statement === 'string' ? parseJws(statement, LONGEST) : 'it is no text'
  if (typeof jws === 'string') throw new errors.InvalidSoftwareStatement(`not a JWT: ${jws}`)
  const { header, claims, signingInput, signature } = jws
  const { iss, exp, jti } = claims
  const found = softwareStatementIssuers.find(({ issuer }) => issuer === iss)
  if (!found) throw new errors.UnapprovedSoftwareStatement('its issuer is not configured here')
  const jwk = found.jwks.keys.find(({ kid }) => kid === header['kid'])
  const key = jwk && importJwk(jwk)
  const { alg, typ = 'JWT' } = header
  if (!key || !isAlgorithm(alg) || typ !== 'JWT' || header['crit'] !== undefined)
    throw new errors.InvalidSoftwareStatement('it is not signed by a key of its issuer')
  if (!verifies(alg, key, signingInput, signature))
    throw new errors.InvalidSoftwareStatement('its signature is wrong')
  for (const date of [claims['iat'], claims['nbf']])
    if (date !== undefined && !(typeof date === 'number' && date <= seconds() + DATED_AHEAD))
      throw new errors.InvalidSoftwareStatement('it is dated ahead')
  if (typeof exp !== 'number' || exp <= seconds() || typeof jti !== 'string' || jti === '')
    throw new errors.InvalidSoftwareStatement('it has expired, or has no exp or no jti')
  const about = Object.entries(claims).filter(([name]) => !OF_THE_STATEMENT.has(name))
  return { issuer: found.issuer, jti, exp, metadata: Object.fromEntries(about) }
}
