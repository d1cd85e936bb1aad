import { join } from 'node:path'
import type { Outcome } from '@holdfast/authorization-server'
import { logOutcomes } from '@holdfast/authorization-server/log'
import { destination, pino } from 'pino'
import type { LabConfiguration } from '../configuration.ts'

/**
 * The audit log of the lab in one process, whose terminal belongs to the story: a file of its state,
 * begun anew by each run, and written at once, so that a killed run has its last line.
 */
export function openAuditLog({ state }: LabConfiguration): {
  readonly audit: (outcome: Outcome) => void
  readonly close: () => void
} {
  const file = destination({
    dest: join(state, 'audit.log'),
    append: false,
    mode: 0o600,
    sync: true,
  })
  return { audit: logOutcomes(pino(file)), close: () => file.end() }
}
