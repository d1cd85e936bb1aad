import type { DpopFields, MemoryAnswer } from '../facts.ts'
import type { ProofUse } from './use.ts'

/** The memory of used proofs, as far as a decision needs it. */
interface Memory {
  readonly generation: string
  /** Notices a new generation that another node has seen before us. */
  readonly look: () => Promise<void>
  readonly put: (use: ProofUse) => Promise<MemoryAnswer>
}

/** A memory that cannot be asked refuses; it never opens. */
export async function remember(
  memory: Pick<Memory, 'put'>,
  use: ProofUse | undefined,
): Promise<MemoryAnswer> {
  try {
    return use ? await memory.put(use) : 'unreachable'
  } catch {
    return 'unreachable'
  }
}

export const hasForeignNonce = ({ proof }: DpopFields): boolean =>
  proof?.form === 'proof' && proof.nonce.state === 'foreign'

/**
 * Asked where a nonce is foreign: it may be of a generation that another node has learned of first,
 * and an honest client that comes from there is not to be challenged twice.
 */
export async function isNewGeneration(
  memory: Pick<Memory, 'generation' | 'look'>,
): Promise<boolean> {
  const { generation } = memory
  await memory.look().catch(() => undefined) // an outage is told when the proof is to be recorded
  return memory.generation !== generation
}
