import { ALGORITHMS, type Claims, parseJws, sha256, verifies } from '@holdfast/sender-constraint'
import { IssuerError } from './issuer.ts'
import type { IssuerKeys } from './issuer-keys.ts'

/** Seconds by which an answer may have been made in the future, by our clock. */
const AHEAD = 10

export interface SignedAnswer {
  readonly header: Claims
  readonly claims: Claims
  readonly hash: string
}

/**
 * Reads what an issuer has signed: a compact JWS of this media type, by a key that the issuer
 * publishes, made before now. By an algorithm of the profile, whatever the policy of a route.
 *
 * @param expected.typ without `application/`
 * @throws IssuerError
 */
export async function openSigned(
  text: string,
  expected: { readonly typ: string; readonly issuer: string; readonly longest: number },
  { keys, now }: { readonly keys: IssuerKeys; readonly now: () => number },
): Promise<SignedAnswer> {
  const jws = parseJws(text, expected.longest)
  if (typeof jws === 'string') throw new IssuerError(jws)
  const { header, claims } = jws
  const { typ, alg } = header
  const { iss, iat } = claims
  if (typeof typ !== 'string' || typ.toLowerCase().replace('application/', '') !== expected.typ)
    throw new IssuerError(`a typ other than ${expected.typ}`)
  if (!ALGORITHMS.some((name) => name === alg)) throw new IssuerError('an alg of no profile')
  if ('crit' in header) throw new IssuerError('a critical header parameter')
  if (iss !== undefined && iss !== expected.issuer) throw new IssuerError('another issuer')
  if (typeof iat !== 'number' || !(iat <= now() / 1000 + AHEAD))
    throw new IssuerError('no iat, or one to come')
  const hash = sha256(text)
  const key = await keys.find(header, hash)
  if (typeof key === 'string') throw new IssuerError(`a key that is ${key}`)
  if (!verifies(alg, key, jws.signingInput, jws.signature)) throw new IssuerError('a bad signature')
  return { header, claims, hash }
}
