import { UNAVAILABLE } from '../answer.ts'
import type { ClauseId } from '../clause.ts'
import { isAgeing, issueNonce, type NonceKeeper } from '../dpop/nonce.ts'
import type { Decision, Refusal } from '../enforce.ts'
import type { Facts } from '../facts.ts'

/** The memory of used proofs, as far as giving nonces needs it. */
interface Memory {
  readonly generation: string
  readonly look: () => Promise<void>
  readonly nonceGiven: (owner: string, until: number) => Promise<void>
}

interface Concluded<Id extends ClauseId> {
  readonly decision: Decision<Id | 'RFC9110-15.6.4'>
  /** To hand out with the answer. */
  readonly nonce?: string | undefined
}

/**
 * A decision and the nonce that goes with its answer: where one is wanted, or the client's is about
 * to end. Where the memory cannot be told that it was given, none is, and the request is refused.
 * At once where no nonce is to be made.
 */
export function withNextNonce<Id extends ClauseId>(
  decision: Decision<Id>,
  facts: Facts,
  server: { readonly memory: Memory; readonly nonces: NonceKeeper },
): Concluded<Id> | Promise<Concluded<Id>> {
  const wanted = decision.refusal?.answer.error === 'use_dpop_nonce'
  const present = facts.dpop?.proof?.form === 'proof' ? facts.dpop.proof.nonce : undefined
  if (!wanted && (decision.refusal || !isAgeing(present, facts.now))) return { decision }
  return newNonce(facts, server).then((nonce) =>
    wanted && nonce === undefined
      ? { decision: { rows: decision.rows, refusal: NOT_TOLD } }
      : { decision, nonce },
  )
}

const NOT_TOLD: Refusal<'RFC9110-15.6.4'> = {
  clause: 'RFC9110-15.6.4',
  sentence: 'The memory of used proofs can be told who was given a nonce.',
  answer: UNAVAILABLE,
  mismatch: { expected: 'a record of the nonce', actual: 'the memory is unreachable' },
}

/**
 * A nonce of the present generation, once the memory knows who has it. Only the owner of the token
 * is remembered: nobody can put another, or keys without end, under the rule to use one.
 *
 * @returns `undefined` where the memory cannot be told; then none is given
 */
async function newNonce(
  { token, dpop, now }: Facts,
  { memory, nonces }: { readonly memory: Memory; readonly nonces: NonceKeeper },
): Promise<string | undefined> {
  const owner = token && 'confirmation' in token ? token.confirmation.jkt : undefined
  const key = dpop?.proof?.form === 'proof' ? dpop.proof.header.thumbprint : undefined
  try {
    if (owner !== undefined && owner === key) await memory.nonceGiven(owner, now + nonces.lifetime)
    else await memory.look()
    return issueNonce(nonces, memory.generation, now)
  } catch {
    return undefined
  }
}
