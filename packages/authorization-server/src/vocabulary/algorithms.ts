import { POST_QUANTUM as ON_THIS_NODE } from '@holdfast/sender-constraint'

/** FAPI2SP-5.4.1-1: for every signature, ours and the clients'. */
export const ALGORITHMS = ['PS256', 'ES256', 'EdDSA'] as const

const ML_DSA = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const

export type Algorithm = (typeof ALGORITHMS)[number] | (typeof ML_DSA)[number]

/** RFC 9964, outside FAPI 2.0: as far as the running Node has it, from 24.7 on. Empty before. */
export const POST_QUANTUM: readonly Algorithm[] = ML_DSA.filter((alg) =>
  ON_THIS_NODE.some((known) => known === alg),
)

export const isAlgorithm = (value: unknown): value is Algorithm =>
  [...ALGORITHMS, ...ML_DSA].some((alg) => alg === value)
