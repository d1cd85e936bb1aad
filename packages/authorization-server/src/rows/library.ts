import { Provider } from 'oidc-provider'
import instance from 'oidc-provider/lib/helpers/weak_cache.js'
import { decidedOn } from './decided.ts'

/**
 * Tells the library that nonces are ours (RFC 9449 §8). It takes a proof with a nonce only if it has
 * made the nonce itself, from a clock alone: such nonces outlive the memory of used proofs. Here it
 * asks about a proof that our rows have let through, and is told that the nonce is good and that the
 * next one is the same, so that it sends none.
 */
export function ownNonces(provider: Provider): void {
  instance(provider).DPoPNonces = {
    checkChallenge: () => decidedOn(Provider.ctx)?.proof !== undefined,
    nextChallenge: () => decidedOn(Provider.ctx)?.proof?.jws.claims['nonce'],
  }
}
