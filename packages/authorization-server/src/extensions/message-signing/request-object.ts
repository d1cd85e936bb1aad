import { errors } from 'oidc-provider'
import type { UnknownObject } from 'oidc-provider'
import { DATED_AHEAD, seconds } from '../../vocabulary/time.ts'
import type { RequestObject, Requirement } from '../../profiles/requirement.ts'

/**
 * The library's hook, before it looks at the signature. It also sees what it has made itself of an
 * unsigned pushed request, with `alg` none.
 *
 * @throws errors.InvalidRequestObject naming the first requirement that does not hold
 */
function checkRequestObject(
  header: UnknownObject,
  claims: UnknownObject,
  requirements: readonly Requirement[],
): void {
  const object = { header, claims, now: seconds() }
  const broken = requirements.find(({ requestObject }) => requestObject?.(object) === false)
  if (!broken) return
  const { clause, sentence } = broken
  throw Object.assign(new errors.InvalidRequestObject(sentence, clause), { clause })
}

// Whether a request object holds one requirement.

/** Seconds: the longest that nbf may lie back, and that exp may lie after it. */
const HOUR = 3_600

const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value)

export const begins = ({ claims: { nbf }, now }: RequestObject): boolean =>
  isTime(nbf) && nbf >= now - HOUR

export const ends = ({ claims: { nbf, exp } }: RequestObject): boolean =>
  isTime(exp) && (!isTime(nbf) || exp - nbf <= HOUR)

export const isNotDatedAhead = ({ claims: { iat, nbf }, now }: RequestObject): boolean =>
  [iat, nbf].every((date) => date === undefined || (isTime(date) && date <= now + DATED_AHEAD))

const TYPES: ReadonlySet<unknown> = new Set([undefined, 'JWT', 'oauth-authz-req+jwt'])

/** RFC 9101 §10.8: nothing that a client signs for another purpose passes for a request. */
const isNoOtherJwt = ({ header, claims }: RequestObject): boolean =>
  TYPES.has(header['typ']) &&
  (claims['sub'] === undefined ||
    (claims['sub'] !== claims['client_id'] && claims['sub'] !== claims['iss']))

export const isIdentified = ({ claims: { iat, jti } }: RequestObject): boolean =>
  isTime(iat) && typeof jti === 'string' && jti !== ''

/** RFC 9126 §2.2: what has expired would be good for less than no time. The library gives it 10 s more. */
const isNotExpired = ({ claims: { exp }, now }: RequestObject): boolean =>
  exp === undefined || (isTime(exp) && exp > now)

const hasNoExtension = ({ header }: RequestObject): boolean => header['crit'] === undefined

/** Turned on by every profile whose clients sign their requests: RFC 9101, by value. */
const REQUEST_OBJECTS: Requirement = {
  clause: 'RFC9101-6.3',
  sentence: 'only clients whose profile has them use request objects, which hold all parameters',
  sets: (_house, { termsOf, requirementsOf }) => ({
    features: {
      requestObjects: {
        enabled: true,
        assertJwtClaimsAndHeader: async (_ctx, claims, header, client) => {
          // `none` is what the library makes of an unsigned pushed request.
          const { profile } = client
          if (header['alg'] !== 'none' && !termsOf(profile).requestObjects)
            throw new errors.RequestNotSupported()
          checkRequestObject(header, claims, requirementsOf(profile))
        },
      },
    },
  }),
  terms: { requestObjects: true },
}

/** Of every request object, whatever it asks for. */
export const SIGNED_REQUEST: readonly Requirement[] = [
  REQUEST_OBJECTS,
  {
    clause: 'RFC9101-10.8',
    sentence:
      'typ of a request object is oauth-authz-req+jwt, JWT or absent, and sub is not the client',
    requestObject: isNoOtherJwt,
  },
  {
    clause: 'RFC7519-4.1.4',
    sentence: 'a request object has not expired',
    requestObject: isNotExpired,
  },
  {
    clause: 'RFC7797-7', // the library takes b64, by which a JWT would be no JWT
    sentence: 'a request object names no extension of JWS in crit',
    requestObject: hasNoExtension,
  },
]
