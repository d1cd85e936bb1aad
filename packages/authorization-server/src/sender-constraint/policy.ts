import { ALGORITHMS, type Policy } from '@holdfast/sender-constraint'
import type { Configuration } from '../configuration/configuration.ts'
import { algorithmsOf } from '../profiles/profiles.ts'
import { DATED_AHEAD } from '../vocabulary/time.ts'

/** What userinfo asks: it is a protected resource of the profile like any other. */
export const userinfoPolicy = ({ issuer, dpopNonce, profiles }: Configuration): Policy => ({
  issuers: [issuer],
  audience: issuer,
  scopes: ['openid'],
  methods: ['dpop', 'mtls'],
  require: 'one',
  nonce: dpopNonce,
  tokenAlgorithms: ALGORITHMS,
  // Of all clients together; what one of them may use is looked at when it is known.
  proofAlgorithms: [...new Set([...ALGORITHMS, ...algorithmsOf(profiles)])],
  proofWindow: { past: 60, ahead: 10 },
  tokenAhead: 10,
  clockMargin: 5,
})

/** What is asked of a proof where tokens are issued (FAPI2SP-5.3.2.1-13). */
export const proofPolicy = (configuration: Configuration): Policy => ({
  ...userinfoPolicy(configuration),
  proofWindow: { past: 60, ahead: DATED_AHEAD },
})
