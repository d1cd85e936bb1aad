import { hash } from 'node:crypto'
import type { Records } from '@holdfast/store'
import type { Provider } from 'oidc-provider'

/**
 * Single use of client assertions (OIDC Core §9), by one atomic put-if-absent where the library looks
 * first and writes afterwards. Proofs have a memory of their own: see sender-constraint/enforcing.ts.
 */
export function rememberAssertions(provider: Provider, records: Records): void {
  // `exp` was checked to be near (see assertion.ts); false makes it 401 invalid_client.
  provider.ReplayDetection.unique = (client, jti, exp) =>
    records.add({
      kind: 'ReplayDetection',
      id: hash('sha256', JSON.stringify([client, jti]), 'base64url'),
      payload: {},
      expiresAt: Math.ceil(exp * 1_000),
    })
}
