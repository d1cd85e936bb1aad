import type { ClauseId } from '@holdfast/sender-constraint'
import type { Records, ReplayMemory } from '@holdfast/store'
import type { Fetch } from './clients/notification.ts'
import type { Configuration } from './configuration/configuration.ts'
import type { Keys } from './keys/keys.ts'
import type { CertificateJudge } from './sender-constraint/certificates.ts'
import type { Places } from './status-list/places.ts'

/** What one authorization server is made of. */
export interface House {
  readonly configuration: Configuration
  readonly records: Records
  /** Of used proofs. */
  readonly memory: ReplayMemory
  readonly certificates: CertificateJudge
  readonly keys: Keys
  /** For what goes out: notifications of clients (CIBA, back-channel logout). */
  readonly fetch: Fetch
  /** Name the clause of a refusal in `error_description`. For laboratories. */
  readonly explain: boolean
  /** Rows of the table that are taken out, by their clauses: see rows-out.ts. None of a server that is one. */
  readonly rowsOut: ReadonlySet<ClauseId>
  /** Of JWT access tokens, in the status lists. */
  readonly places: Places
}
