import { ALGORITHMS, POST_QUANTUM } from '../vocabulary/algorithms.ts'
import type { Requirement } from './requirement.ts'

/** ML-DSA beside the algorithms of FAPI 2.0, which knows none that a quantum computer leaves whole. */
export const POST_QUANTUM_PROFILE: readonly Requirement[] = [
  {
    clause: 'FAPI2SP-5.4.1-1',
    sentence:
      'every algorithm is one of FAPI 2.0, or ML-DSA-44, -65 or -87 as far as the running Node has them',
    terms: { algorithms: [...ALGORITHMS, ...POST_QUANTUM] },
  },
  {
    clause: 'FAPI2SP-5.4.1-2',
    sentence:
      'jwks holds public keys that fit the algorithms: RSA of 2048 bits or more, P-256, Ed25519, ML-DSA (kty AKP)',
  },
]
