import { TLSSocket } from 'node:tls'
import { jwkThumbprint, readObject, splitJws } from '@holdfast/sender-constraint'
import type { Context } from 'koa'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { describe } from './decisions.ts'
import type { Failure } from './decisions.ts'
import { endpoints, logout } from '../vocabulary/endpoints.ts'
import { decidedOn } from '../sender-constraint/decided.ts'
import { noted } from './notes.ts'

/**
 * What came of one request that matters for security: who asked whom for what, and why it was
 * refused. Nothing in it can be presented anywhere: no token, proof, code, assertion or password.
 */
export interface Outcome {
  /** The endpoint as the metadata calls it, or the form that an end-user submitted. */
  readonly endpoint: string
  /** `failed`: by no fault of the request (5xx). */
  readonly outcome: 'accepted' | 'refused' | 'failed'
  readonly status: number
  /** As the answer says; the answer to a form is a page, whatever came of it. */
  readonly error: string | undefined
  /** What the library and our rows know and no client is told. */
  readonly reason: string | undefined
  readonly clause: string | undefined
  readonly address: string | undefined
  /** Of a request that was refused: whom it claims to be, and nothing more. */
  readonly client: string | undefined
  /** Subject identifier of the end-user. */
  readonly subject: string | undefined
  readonly grantType: string | undefined
  /** Identifier of the grant that the token or code belongs to. */
  readonly grant: string | undefined
  /** How the token that was issued is constrained. */
  readonly constraint: 'dpop' | 'mtls' | undefined
  /** Thumbprints of what the client proved possession of, or tried to. */
  readonly jkt: string | undefined
  readonly x5t: string | undefined
  /** Of introspection: what the answer says about the token. */
  readonly active: boolean | undefined
  readonly milliseconds: number
}

/** What everybody may read, and reads all the time, is not told of. */
const PUBLIC: ReadonlySet<string> = new Set(['jwks', 'status'])
const NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries(endpoints)
    .filter(([name]) => !PUBLIC.has(name))
    .map(([name, path]) => [path, name]),
)
const FORM =
  /^\/(?:interaction\/[^/]+|approvals|applications)\/(login|second-factor|consent|abort|withdrawal)$/
const APPROVAL = /^\/(approval)s\/[0-9a-f]{32}$/
/** Characters of what somebody else chose. */
const LONGEST = 200
const LONGEST_PROOF = 12_288

/** @returns undefined where nothing was decided: a page was shown, or a form is to be filled first */
export function outcomeOf(
  ctx: Context,
  failure: Failure | undefined,
  milliseconds: number,
): Outcome | undefined {
  const endpoint = endpointOf(ctx)
  if (endpoint === undefined) return undefined
  const oidc: KoaContextWithOIDC['oidc'] | undefined = ctx['oidc']
  const note = noted(ctx)
  const refusal = failure ? refusalOf(failure) : note
  if (!isRefused(refusal) && isUndecided(endpoint, oidc)) return undefined
  const token = issued(oidc)
  return {
    endpoint,
    outcome: isRefused(refusal) ? (ctx.status >= 500 ? 'failed' : 'refused') : 'accepted',
    status: ctx.status,
    error: refusal.error,
    reason: refusal.reason,
    clause: refusal.clause ?? note.clause,
    address: ctx.req.socket.remoteAddress,
    client: short(oidc?.client?.clientId ?? note.client ?? oidc?.params?.['client_id']),
    subject: note.subject ?? subjectOf(oidc),
    grantType: endpoint === 'token' ? short(oidc?.params?.['grant_type']) : undefined,
    grant: note.grant ?? grantOf(oidc),
    constraint: endpoint === 'token' && !refusal.error ? constraintOf(token) : undefined,
    jkt: token?.jkt ?? presentedKey(ctx),
    x5t: token?.['x5t#S256'] ?? presentedCertificate(ctx),
    active: endpoint === 'introspection' && !refusal.error ? isActive(ctx.body) : undefined,
    milliseconds,
  }
}

/** What was decided in the place of an end-user (CIBA): nobody has sent a form, nobody was asked. */
export const outcomeOfDecision = (
  { client, subject, grant }: Pick<Outcome, 'client' | 'subject' | 'grant'>,
  milliseconds: number,
): Outcome => ({
  endpoint: 'approval',
  outcome: grant === undefined ? 'refused' : 'accepted',
  status: 200,
  error: grant === undefined ? 'access_denied' : undefined,
  reason: 'decided in the place of the end-user',
  clause: undefined,
  address: undefined,
  client,
  subject,
  grantType: undefined,
  grant,
  constraint: undefined,
  jkt: undefined,
  x5t: undefined,
  active: undefined,
  milliseconds,
})

function endpointOf({ path, method }: Context): string | undefined {
  if (method === 'OPTIONS') return undefined
  return (
    NAMES.get(path) ??
    (path === logout.confirm ? 'logout' : undefined) ??
    (path.startsWith('/authorize/')
      ? 'authorization'
      : path.startsWith(`${endpoints.registration}/`)
        ? 'registration'
        : path.startsWith(`${endpoints.code_verification}/`)
          ? 'code_verification'
          : (FORM.exec(path) ?? APPROVAL.exec(path))?.[1])
  )
}

/** A page was shown, and the end-user goes on. */
const isUndecided = (endpoint: string, oidc: Oidc | undefined): boolean =>
  (endpoint === 'authorization' && !oidc?.entities.AuthorizationCode) ||
  endpoint === 'end_session' ||
  (endpoint === 'code_verification' && oidc?.entities.DeviceCode?.accountId === undefined)

// Who presents no credentials is refused without an error (RFC 6750 §3.1), by a clause all the same.
const isRefused = (it: { readonly error?: unknown; readonly clause?: unknown }): boolean =>
  it.error !== undefined || it.clause !== undefined

function refusalOf(failure: Failure) {
  const { error, sentence } = describe(failure)
  const clause = 'clause' in failure ? String(failure.clause) : undefined
  return { error, reason: sentence, clause }
}

type Oidc = KoaContextWithOIDC['oidc']

const issued = (oidc: Oidc | undefined) =>
  oidc?.entities.AccessToken ?? oidc?.entities.ClientCredentials

const constraintOf = (token: ReturnType<typeof issued>): 'dpop' | 'mtls' | undefined =>
  token?.jkt !== undefined ? 'dpop' : token?.['x5t#S256'] !== undefined ? 'mtls' : undefined

function subjectOf(oidc: Oidc | undefined): string | undefined {
  const { Account, AccessToken, RefreshToken, AuthorizationCode } = oidc?.entities ?? {}
  return (
    Account?.accountId ??
    AccessToken?.accountId ??
    RefreshToken?.accountId ??
    AuthorizationCode?.accountId
  )
}

function grantOf(oidc: Oidc | undefined): string | undefined {
  const { Grant, AccessToken, RefreshToken, AuthorizationCode } = oidc?.entities ?? {}
  return Grant?.jti ?? AccessToken?.grantId ?? RefreshToken?.grantId ?? AuthorizationCode?.grantId
}

function presentedKey(ctx: Context): string | undefined {
  const accepted = decidedOn(ctx)?.proof
  if (accepted) return accepted.header.thumbprint
  const proof = ctx.get('dpop')
  const segments = proof === '' ? '' : splitJws(proof, LONGEST_PROOF)
  return typeof segments === 'string'
    ? undefined
    : jwkThumbprint(readObject(segments.header)?.['jwk'])
}

function presentedCertificate({ req: { socket } }: Context): string | undefined {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
  return (
    certificate &&
    Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
  )
}

const isActive = (body: unknown): boolean | undefined =>
  typeof body === 'object' && body !== null && 'active' in body ? body.active === true : undefined

const short = (value: unknown): string | undefined =>
  typeof value === 'string' ? value.slice(0, LONGEST) : undefined
