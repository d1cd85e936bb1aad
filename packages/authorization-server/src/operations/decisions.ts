import type { Decision, Refusal } from '@holdfast/sender-constraint'
import { parseTraceparent } from '@holdfast/trace'
import type { Reporter } from '@holdfast/trace'
import type { errors, KoaContextWithOIDC, Provider } from 'oidc-provider'

export type Failure = Error | errors.OIDCProviderError

/** Calls back for every refusal, after the library has written its answer into the context. */
export function onRefusal(
  provider: Provider,
  refused: (ctx: KoaContextWithOIDC, failure: Failure) => void,
): void {
  provider
    .on('authorization.error', refused)
    .on('backchannel_authentication.error', refused)
    .on('code_verification.error', refused)
    .on('device_authorization.error', refused)
    .on('device_resume.error', refused)
    .on('discovery.error', refused)
    .on('end_session.error', refused)
    .on('end_session_confirm.error', refused)
    .on('end_session_success.error', refused)
    .on('grant.error', refused)
    .on('introspection.error', refused)
    .on('jwks.error', refused)
    .on('pushed_authorization_request.error', refused)
    .on('revocation.error', refused)
    .on('userinfo.error', refused)
    .on('server_error', refused)
}

/** Characters of a reason: it may repeat what was asked for, which is of any length. */
const LONGEST = 500

/** What a refusal is called and why, with the detail that no client is told. */
export function describe(failure: Failure): { error: string; sentence: string } {
  if (!('error' in failure)) return { error: 'server_error', sentence: String(failure) }
  const { error, error_description: description, error_detail: detail } = failure
  const sentence = [description, detail].filter(Boolean).join(': ') || error
  return { error, sentence: sentence.slice(0, LONGEST) }
}

interface Decided {
  readonly decision: Decision | undefined
  readonly failure: Failure | undefined
  /** Of a refusal that is no row's. */
  readonly clause: string | undefined
}

/** Puts what was decided on the trace, if the exchange is traced: our rows, and who refused. */
export function reportDecision(
  report: Reporter,
  traceparent: string,
  { decision, failure, clause }: Decided,
): void {
  const context = parseTraceparent(traceparent)
  if (!context || (!decision && !failure)) return
  const refusal = decision?.refusal
    ? ofRow(decision.refusal)
    : failure && { ...describe(failure), ...(clause !== undefined && { clause }) }
  report({
    type: 'decision',
    by: 'authorization-server',
    at: Date.now(),
    ...context,
    rows: decision?.rows ?? [],
    ...(refusal && { refusal }),
  })
}

const ofRow = ({ clause, sentence, answer, mismatch }: Refusal) => ({
  clause,
  sentence,
  ...(answer.error && { error: answer.error }),
  ...mismatch,
})
