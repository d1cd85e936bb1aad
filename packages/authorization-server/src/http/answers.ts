import type { Reporter } from '@holdfast/trace'
import { errors } from 'oidc-provider'
import type { ErrorOut, KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Context, Middleware } from 'koa'
import { onRefusal, reportDecision } from '../operations/decisions.ts'
import type { Failure } from '../operations/decisions.ts'
import { clauseOf, lacksGrant, lacksProof } from './clauses.ts'
import { endpoints, isCanonical, isForPeople, postOnly } from '../vocabulary/endpoints.ts'
import { TooManyFailures } from '../operations/limits.ts'
import { note, noted } from '../operations/notes.ts'
import { outcomeOf } from '../operations/outcome.ts'
import type { Outcome } from '../operations/outcome.ts'
import { failureInstead } from './failure-instead.ts'
import { showError } from '../pages/error.ts'
import { decidedOn } from '../sender-constraint/decided.ts'
import { whyUnsupported } from './unsupported.ts'

/** Seconds after which a client may ask again. */
const RETRY_AFTER = '5'

export interface Observers {
  readonly report: Reporter
  /** Told of every outcome that matters for security, before it is answered. Must not throw. */
  readonly audit: ((outcome: Outcome) => void) | undefined
  /** Name the clause of a refusal to the client. */
  readonly explain: boolean
}

/**
 * The outermost middleware: whatever happens inside, the answer is an OAuth error with the right
 * status, and the decision is on the trace.
 */
export function answersInOAuth(
  provider: Provider,
  { report, audit, explain }: Observers,
): Middleware {
  const failures = new WeakMap<object, Failure>()
  onRefusal(provider, (ctx, thrown) => {
    const another = failureInstead(ctx, thrown)
    if (another) answerFailure(ctx, another)
    const failure = another ?? thrown
    failures.set(ctx, failure)
    mend(ctx, failure)
    nameClause(ctx, clauseOf(failure, ctx), explain)
  })
  // Connections that break while we write; Koa would print them.
  provider.silent = true

  return async (ctx, next) => {
    const began = performance.now()
    prepare(ctx)
    try {
      if (isCanonical(ctx.path)) await next()
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error))
      failures.set(ctx, failure)
      answerFailure(ctx, failure)
      nameClause(ctx, clauseOf(failure), explain)
    }
    if (ctx.status === 404 && (ctx.body === undefined || ctx.body === null)) answerNotFound(ctx)
    keepToCharacters(ctx)
    if (ctx.status === 503) ctx.set('Retry-After', RETRY_AFTER)
    const failure = failures.get(ctx)
    if (failure instanceof TooManyFailures) ctx.set('Retry-After', String(failure.retryAfter))
    const decision = decidedOn(ctx)?.decision
    const { clause } = noted(ctx)
    reportDecision(report, ctx.get('traceparent'), { decision, failure, clause })
    const outcome = audit && outcomeOf(ctx, failure, performance.now() - began)
    if (outcome) audit(outcome)
  }
}

function prepare(ctx: Context): void {
  if (ctx.path !== endpoints.jwks && !ctx.path.startsWith('/.well-known/'))
    ctx.set('Cache-Control', 'no-store')
}

/** Answers that the library gives under another name. */
function mend(ctx: KoaContextWithOIDC, failure: Failure): void {
  const { params } = ctx.oidc
  const why = whyUnsupported(failure, params?.['grant_type'] ?? params?.['response_type'])
  if (why !== undefined && failure instanceof errors.OIDCProviderError)
    ctx.body = { error: failure.error, error_description: why }
  const named = misnamed(ctx, failure)
  if (named) ctx.body = named
}

/**
 * RFC6749-5.2: what `error_description` may be made of. Sentences of ours have apostrophes, and some
 * repeat what was sent.
 */
function keepToCharacters(ctx: Context): void {
  const { error_description: sentence, ...rest }: Partial<ErrorOut> = Object(ctx.body)
  if (sentence === undefined || PERMITTED.test(sentence)) return
  const plain = sentence.replaceAll(/["\u2018\u2019\u201c\u201d]/g, "'").replaceAll(FORBIDDEN, '?')
  ctx.body = { ...rest, error_description: plain }
}

const PERMITTED = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/
const FORBIDDEN = /[^\x20\x21\x23-\x5b\x5d-\x7e]/gu

/** For the trace and the audit, and for the client where that is wanted. */
function nameClause(ctx: Context, clause: string | undefined, explain: boolean): void {
  if (clause === undefined) return
  note(ctx, { clause })
  const { error, error_description: sentence }: Partial<ErrorOut> = Object(ctx.body)
  if (!explain || error === undefined) return
  ctx.body = { error, error_description: `${clause}: ${sentence ?? error}` }
}

function misnamed(ctx: KoaContextWithOIDC, failure: Failure): ErrorOut | undefined {
  if (failure instanceof errors.InvalidRequest && lacksGrant(ctx))
    return {
      error: 'unauthorized_client',
      error_description: 'this grant type is not registered for this client',
    }
  // A proof is missing, where the library blames the grant (RFC9449-5).
  // Client authentication has succeeded: this error does not come before it.
  if (!(failure instanceof errors.InvalidGrant) || !lacksProof(ctx)) return undefined
  return {
    // A confidential client's refresh token is bound to no key: there is no proof that could be
    // invalid, there is something missing (RFC6749-5.2). The OpenID plans ask for that.
    error:
      ctx.oidc.params?.['grant_type'] === 'refresh_token'
        ? 'invalid_request'
        : 'invalid_dpop_proof',
    error_description: 'a DPoP proof is required of this client',
  }
}

function answerFailure(ctx: Context, failure: Failure): void {
  const known = failure instanceof errors.OIDCProviderError && failure.expose
  ctx.status = known ? failure.statusCode : 500
  const out = known
    ? { error: failure.error, error_description: failure.error_description }
    : { error: 'server_error', error_description: 'the request could not be completed' }
  if (isForPeople(ctx.path)) showError(ctx, out)
  else ctx.body = out
}

function answerNotFound(ctx: Context): void {
  if (postOnly.has(ctx.path) && ctx.method !== 'POST') {
    ctx.status = 405
    ctx.set('Allow', 'POST')
    ctx.body = { error: 'invalid_request', error_description: 'this endpoint takes POST only' }
  } else {
    ctx.status = 404
    ctx.body = { error: 'not_found', error_description: 'there is no such endpoint' }
  }
}
