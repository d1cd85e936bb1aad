/** Every attack on the authorization server. */
import { challenges, requestObjects, unsupported } from './asked.ts'
import type { ServerAttack } from './attack.ts'
import { assertions, certificates } from './authentication.ts'
import { consents, stepUps } from './consent.ts'
import { exchanges } from './exchange.ts'
import { codes, dpopJkt, hosts, refreshes, withoutProof } from './grants.ts'
import { decoupled, devices } from './other-device.ts'
import { registrations } from './register.ts'

export const SERVER_ATTACKS: readonly ServerAttack[] = [
  ...withoutProof,
  dpopJkt,
  ...codes,
  ...refreshes,
  ...assertions,
  ...certificates,
  ...challenges,
  ...unsupported,
  ...requestObjects,
  ...exchanges,
  ...devices,
  ...decoupled,
  ...consents,
  ...stepUps,
  ...registrations,
  ...hosts,
]
