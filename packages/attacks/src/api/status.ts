/** Revocation of JWTs (Token Status List, draft-ietf-oauth-status-list). */
import type { Attack } from './attack.ts'

/**
 * Where the list of these attacks is. Its first four entries: valid, revoked, suspended, and a value
 * without a meaning.
 */
export const STATUS_LIST_URI = 'https://status.example/lists/1'

const inList = (idx: unknown, uri = STATUS_LIST_URI) => ({ status: { status_list: { idx, uri } } })

const naming = (id: string, title: string, claims: Readonly<Record<string, unknown>>): Attack => ({
  id: `token/${id}`,
  title,
  clause: 'FAPI2SP-5.3.4-3',
  answer: { status: 401, error: 'invalid_token' },
  situation: 'status-required',
  forges: true,
  play: async ({ byMtls, send, forged }) => send(byMtls({ token: await forged({ claims }) })),
})

export const revoked = naming('revoked', 'A token that its issuer has revoked', inList(1))

export const suspended = naming('suspended', 'A token that its issuer has suspended', inList(2))

export const unknownStatus = naming(
  'unknown-status',
  'A token whose status is a value without a meaning',
  inList(3),
)

export const outOfRange = naming(
  'status-out-of-range',
  'A token whose place lies behind the end of the list',
  inList(1_000_000_000),
)

export const foreignList = naming(
  'foreign-status-list',
  'A revoked token that names a list of the attacker’s',
  inList(0, 'https://evil.example/lists/1'),
)

export const withoutStatus = naming(
  'without-status',
  'A token that names no status list where the route wants one',
  {},
)

export const listWithheld: Attack = {
  id: 'token/status-list-withheld',
  title: 'A revoked token, while nobody can fetch the list that says so',
  clause: 'RFC9110-15.6.4',
  answer: { status: 503, error: 'temporarily_unavailable' },
  overlaps: ['FAPI2SP-5.3.4-3'],
  situation: 'status-list-unreachable',
  forges: true,
  play: async ({ byMtls, send, forged }) =>
    send(byMtls({ token: await forged({ claims: inList(1) }) })),
}
