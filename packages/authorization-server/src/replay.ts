import { hash } from 'node:crypto'
import type { Records } from '@holdfast/store'
import { errors, Provider } from 'oidc-provider'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { CLOCK_TOLERANCE, DATED_AHEAD, seconds } from './time.ts'

/** Seconds either side of now in which the library accepts a proof's `iat`; fixed in it. */
const PROOF_WINDOW = 300

/**
 * Single use of client assertions and DPoP proofs (OIDC Core §9, RFC 9449 §11.1), by one atomic
 * put-if-absent. The library looks first and writes afterwards, keeps both in one namespace, and
 * forgets a proof dated ahead before the proof expires.
 */
export function rememberUses(provider: Provider, records: Records): void {
  const authenticated = new WeakSet<KoaContextWithOIDC>()

  provider.ReplayDetection.unique = async (client, jti, exp) => {
    const { ctx } = Provider
    // Client authentication comes before the proof at every endpoint that takes both: the first
    // question within a request that carries an assertion is about the assertion.
    if (ctx?.oidc.params?.['client_assertion'] !== undefined && !authenticated.has(ctx)) {
      authenticated.add(ctx)
      // `exp` was checked to be near (see assertion.ts); false makes it 401 invalid_client.
      return first(records, ['assertion', client, jti], exp)
    }
    if (ctx) refuseDatedAhead(ctx)
    // Accepted until iat + window; iat may be ahead by as much as is let through.
    const until = seconds() + DATED_AHEAD + PROOF_WINDOW + CLOCK_TOLERANCE
    if (await first(records, ['proof', client, jti], until)) return true
    // The library would say invalid_grant, or invalid_request at PAR (RFC9449-5).
    throw new errors.InvalidDpopProof('DPoP proof was already used')
  }
}

const first = (records: Records, use: readonly string[], exp: number): Promise<boolean> =>
  records.add({
    kind: 'ReplayDetection',
    id: hash('sha256', JSON.stringify(use), 'base64url'),
    payload: {},
    expiresAt: Math.ceil(exp * 1_000),
  })

/** FAPI2SP-5.3.2.1-13. The proof's signature has been checked by now; only its date has not. */
function refuseDatedAhead(ctx: KoaContextWithOIDC): void {
  const [, payload = ''] = ctx.get('dpop').split('.')
  const { iat }: { iat?: unknown } = JSON.parse(Buffer.from(payload, 'base64url').toString())
  if (typeof iat !== 'number' || iat > seconds() + DATED_AHEAD)
    throw new errors.InvalidDpopProof('DPoP proof is dated more than 60 seconds ahead')
}
