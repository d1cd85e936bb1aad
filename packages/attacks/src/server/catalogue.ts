/** Every attack on the authorization server. */
import { challenges, redirects, requestObjects, unsupported } from './asked.ts'
import { assertions } from './assertion.ts'
import type { ServerAttack } from './attack.ts'
import { names, selfSigned } from './certificate.ts'
import { codes, refreshes, revocations } from './code.ts'
import { consents, stepUps } from './consent.ts'
import { proofs, withoutCertificates, withoutProofs } from './constraint.ts'
import { exchanges } from './exchange.ts'
import { decoupled, devices } from './other-device.ts'
import { registrations } from './registration.ts'

export const SERVER_ATTACKS: readonly ServerAttack[] = [
  ...withoutProofs,
  ...withoutCertificates,
  ...proofs,
  ...codes,
  ...refreshes,
  ...revocations,
  ...assertions,
  ...names,
  ...selfSigned,
  ...challenges,
  ...redirects,
  ...unsupported,
  ...requestObjects,
  ...exchanges,
  ...devices,
  ...decoupled,
  ...consents,
  ...stepUps,
  ...registrations,
]
