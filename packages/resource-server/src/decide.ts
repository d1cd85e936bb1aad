import type { IncomingMessage } from 'node:http'
import {
  type AccessToken,
  type Clause,
  type Decision,
  enforcer,
  type Facts,
  type Policy,
  type Proof,
  proofUse,
  type RefusalResponse,
  refusalResponse,
  remember,
  type Row,
  withNextNonce,
} from '@holdfast/sender-constraint'
import { parseTraceparent } from '@holdfast/trace'
import { observation } from './observation.ts'
import type { Protected } from './protected.ts'
import { readFacts } from './request-facts.ts'
import { whenKnown } from './when-known.ts'

/**
 * What became of one request: let through with its token (absent only where an experiment has taken
 * out the rows that ask for one), or refused with an answer.
 */
export type Verdict =
  | {
      readonly token?: AccessToken | undefined
      readonly headers: { readonly [name: string]: string }
    }
  | { readonly refused: RefusalResponse }

/**
 * The core that every adapter stands on: one request in, one verdict out. Throws or rejects only if a
 * part that the caller has given (`tokens`, `report`, `observe`) does; what then is for `protecting`
 * to say.
 */
export function decider(
  rows: readonly Row<Clause>[],
  policy: Policy,
  server: Protected,
): (request: IncomingMessage) => Verdict | Promise<Verdict> {
  const { observe, explain } = server
  const enforceRows = enforcer(rows, policy)
  const decide = (facts: Facts) =>
    whenKnown(
      enforceRows(facts, () => remember(server.memory, proofUse(server.resource, facts, policy))),
      (decision) => withNextNonce(decision, facts, server),
    )
  return (request) => {
    const arrived = observe ? performance.now() : 0
    return whenKnown(readFacts(request, server), (facts) =>
      whenKnown(decide(facts), ({ decision, nonce }) => {
        if (!decision.refusal) keepAccepted(facts, server)
        observe?.(observation(decision, facts, performance.now() - arrived))
        reportDecision(decision, request, server)
        return verdict(decision, facts, { policy, nonce, explain })
      }),
    )
  }
}

const proofOf = ({ dpop }: Facts): Proof | undefined =>
  dpop?.proof?.form === 'proof' ? dpop.proof : undefined

// Only what was accepted is worth keeping: a stranger's keys and tokens displace nobody's.
function keepAccepted(facts: Facts, { accepted, tokens }: Protected): void {
  const { credentials, token } = facts
  const proof = proofOf(facts)
  if (proof) accepted.headers.keep(proof.header.segment, proof.header)
  if (credentials.form !== 'token' || !token || !('claims' in token)) return
  accepted.credentials.keep(credentials)
  tokens.accepted?.(credentials.token, token)
}

function verdict(
  { refusal }: Decision<Clause>,
  { credentials, token }: Facts,
  answer: {
    readonly policy: Policy
    readonly nonce: string | undefined
    readonly explain: boolean
  },
): Verdict {
  const { policy, nonce, explain } = answer
  if (refusal) {
    const used = credentials.form === 'token' ? credentials.scheme : undefined
    return {
      refused: refusalResponse(refusal, policy, {
        explain,
        ...(used && { used }),
        ...(nonce !== undefined && { nonce }),
      }),
    }
  }
  return {
    token: token && 'claims' in token ? token : undefined,
    headers:
      nonce === undefined ? NO_HEADERS : { 'dpop-nonce': nonce, 'cache-control': 'no-store' },
  }
}

const NO_HEADERS = {}

function reportDecision(
  decision: Decision<Clause>,
  request: IncomingMessage,
  { report, now }: Protected,
): void {
  const header = request.headers['traceparent']
  const context = parseTraceparent(typeof header === 'string' ? header : undefined)
  if (!context) return
  const { rows, refusal } = decision
  report({
    ...context,
    type: 'decision',
    at: now(),
    by: 'resource-server',
    rows,
    ...(refusal && {
      refusal: {
        clause: refusal.clause,
        sentence: refusal.sentence,
        ...(refusal.answer.error && { error: refusal.answer.error }),
        ...refusal.mismatch,
      },
    }),
  })
}
