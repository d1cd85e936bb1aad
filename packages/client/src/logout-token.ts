/** Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4): the server says that a session is over. */
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from 'jose'

import type { Session } from './authorization.ts'
import type { Fetch } from './connection.ts'
import { refusal } from './errors.ts'
import { SIGNING_ALGORITHMS } from './material/material.ts'

/** At least one is there. Without `sid`, every session of the end-user is over. */
export interface EndedSession {
  readonly sub?: string
  readonly sid?: string
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** Seconds: of clock difference, and since the token was made. */
const TOLERANCE = 30
const OLDEST = 300

type Rule = readonly [sentence: string, holds: (claims: JWTPayload, clientId: string) => boolean]

// What jose does not look at; the numbers are those of §2.6.
// oxfmt-ignore
const RULES: readonly Rule[] = [
  ['it is for others as well (aud)', ({ aud }, clientId) => [aud].flat().every((one) => one === clientId)], // 3
  ['it names neither end-user nor session', ({ sub, sid }) => [sub, sid].some((name) => name !== undefined)], // 4
  ['sub or sid is no text', ({ sub, sid }) => [sub, sid].every((name) => name === undefined || (typeof name === 'string' && name !== ''))],
  ['its events are of another kind', ({ events }) => isObject(events) && isObject(Object(events)[EVENT])], // 5
  ['it has a nonce, as an ID token has', (claims) => !('nonce' in claims)], // 6
]

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Each token is taken once (§2.6-7), by the memory of what this makes. */
export function logoutTokens({
  configuration,
  material: { clientId, issuer },
  fetch,
}: Pick<Session, 'configuration' | 'material'> & { readonly fetch: Fetch }) {
  const { jwks_uri: uri = issuer } = configuration.serverMetadata()
  const keys = createRemoteJWKSet(new URL(uri), {
    [customFetch]: (url, { headers, signal }) =>
      fetch(url, { headers: Object.fromEntries(headers), ...(signal && { signal }) }),
  })
  const expected = {
    issuer,
    audience: clientId,
    typ: 'logout+jwt',
    algorithms: [...SIGNING_ALGORITHMS],
    requiredClaims: ['iat', 'exp', 'jti'],
    clockTolerance: TOLERANCE,
    maxTokenAge: OLDEST,
  }
  const taken = new Map<unknown, number>()
  return async (token: string): Promise<EndedSession> => {
    const { payload } = await jwtVerify(token, keys, expected).catch((error: unknown) => {
      throw error instanceof errors.JOSEError ? refused(error.message) : error
    })
    const broken = RULES.find(([, holds]) => !holds(payload, clientId))
    if (broken) throw refused(broken[0])
    const { jti, exp = 0, sub, sid } = payload
    const now = Date.now() / 1_000
    for (const [known, end] of taken) if (end + TOLERANCE < now) taken.delete(known)
    if (taken.has(jti)) throw refused('it was taken before')
    taken.set(jti, exp)
    return { ...(sub !== undefined && { sub }), ...(typeof sid === 'string' && { sid }) }
  }
}

const refused = (sentence: string) =>
  refusal('HOLDFAST_LOGOUT_TOKEN', `the logout token is refused: ${sentence}`)
