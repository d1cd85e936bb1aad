import {
  enforcer,
  type Facts,
  type Policy,
  PROOF_ROWS,
  proofUse,
  Recent,
  type RefusalResponse,
  refusalResponse,
  remember,
  type Row,
  ROWS,
  withNextNonce,
} from '@holdfast/sender-constraint'
import type { Context, Middleware } from 'koa'
import type { Provider } from 'oidc-provider'
import { certificateOf } from './certificates.ts'
import { endpoints } from '../vocabulary/endpoints.ts'
import { note } from '../operations/notes.ts'
import type { House } from '../house.ts'
import { decide } from './decided.ts'
import { proofFacts, type Reading, userinfoFacts } from './facts.ts'
import { origins } from './origin.ts'
import { proofPolicy, userinfoPolicy } from './policy.ts'
import { userinfoTokens } from './userinfo-tokens.ts'

/** Keys of clients that are kept imported. */
const KEPT_KEYS = 10_000

interface Endpoint {
  readonly policy: Policy
  readonly decideBy: ReturnType<typeof enforcer>
  readonly facts: (ctx: Context) => Promise<Facts>
  readonly answer: (refused: RefusalResponse, ctx: Context) => void
}

/**
 * Our own rows, before the library sees the request: every row about proofs where tokens are issued,
 * the whole table at userinfo. They come before client authentication, so that a client which is
 * asked for a nonce has not spent its assertion. What is left to the library is to bind.
 */
export function enforcing(provider: Provider, house: House): Middleware {
  const { configuration, memory, keys, rowsOut } = house
  const remaining = (rows: readonly Row[]) => rows.filter(({ clause }) => !rowsOut.has(clause))
  const reading: Reading = {
    origin: origins(configuration, keys.dpopNonces),
    memory,
    certificate: (ctx) => certificateOf(ctx, configuration.mtlsOrigin),
    headers: new Recent(KEPT_KEYS),
  }
  const issuing: Endpoint = {
    ...endpoint(remaining(PROOF_ROWS), proofPolicy(configuration)),
    facts: (ctx) => proofFacts(ctx, reading),
    answer: answerWithoutChallenge,
  }
  const tokens = userinfoTokens(provider, configuration)
  const userinfo: Endpoint = {
    ...endpoint(remaining(ROWS), userinfoPolicy(configuration)),
    facts: (ctx) => userinfoFacts(ctx, tokens, reading),
    answer,
  }

  const registers = configuration.softwareStatementIssuers.length > 0

  return async (ctx, next) => {
    const found = at(ctx, { issuing, userinfo, registers })
    // What no row has looked at is nothing to the library: a proof elsewhere; at userinfo a form, in
    // which a token might travel (RFC6750-2.2).
    if (!found) delete ctx.req.headers['dpop']
    if (found === userinfo) delete ctx.req.headers['content-type']
    if (found && !(await accepted(ctx, found, { reading, house }))) return
    // Where tokens are issued, the library is told of the proof: see library.ts.
    if (found === issuing) delete ctx.req.headers['dpop']
    await next()
  }
}

const endpoint = (rows: readonly Row[], policy: Policy) => ({
  policy,
  decideBy: enforcer(rows, policy),
})

interface Enforced {
  readonly issuing: Endpoint
  readonly userinfo: Endpoint
  readonly registers: boolean
}

function at(
  { method, path }: Context,
  { issuing, userinfo, registers }: Enforced,
): Endpoint | undefined {
  if (path === endpoints.userinfo && method !== 'OPTIONS') return userinfo
  const manages = path === endpoints.registration || path.startsWith(`${endpoints.registration}/`)
  if (registers && manages && method !== 'OPTIONS') return issuing
  const issues = path === endpoints.token || path === endpoints.pushed_authorization_request
  return issues && method === 'POST' ? issuing : undefined
}

async function accepted(
  ctx: Context,
  { policy, decideBy, facts: read, answer: refuse }: Endpoint,
  { reading, house }: { readonly reading: Reading; readonly house: House },
): Promise<boolean> {
  const { memory, configuration, explain } = house
  const facts = await read(ctx)
  const proof = facts.dpop?.proof?.form === 'proof' ? facts.dpop.proof : undefined
  const { decision, nonce } = await withNextNonce(
    await decideBy(facts, () => remember(memory, proofUse(configuration.issuer, facts, policy))),
    facts,
    { memory, nonces: reading.origin(ctx).nonces },
  )
  const { refusal } = decision
  decide(ctx, { decision, ...(!refusal && proof && { proof }) })
  if (refusal) {
    const { credentials } = facts
    const used = credentials.form === 'token' ? credentials.scheme : undefined
    note(ctx, {
      ...(refusal.answer.error && { error: refusal.answer.error }),
      reason: refusal.sentence,
      clause: refusal.clause,
    })
    refuse(
      refusalResponse(refusal, policy, {
        explain,
        ...(used && { used }),
        ...(nonce !== undefined && { nonce }),
      }),
      ctx,
    )
    return false
  }
  if (proof) reading.headers.keep(proof.header.segment, proof.header)
  else delete ctx.req.headers['dpop'] // a stray one, beside a certificate-bound token
  if (nonce !== undefined) ctx.set('DPoP-Nonce', nonce)
  return true
}

function answer({ status, headers, body }: RefusalResponse, ctx: Context): void {
  ctx.status = status
  for (const [name, value] of Object.entries(headers)) ctx.set(name, [value].flat())
  ctx.body = body
}

// RFC 6749 §5.2: an error of the token endpoint is 400, and there is nothing to challenge for.
function answerWithoutChallenge(refused: RefusalResponse, ctx: Context): void {
  const { 'www-authenticate': _, ...headers } = refused.headers
  answer({ ...refused, status: refused.status === 401 ? 400 : refused.status, headers }, ctx)
}
