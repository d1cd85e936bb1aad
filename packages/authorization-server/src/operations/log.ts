import type { Outcome } from './outcome.ts'

/** The part of pino that is used; any logger with these three will do. */
export interface OutcomeLogger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

const METHOD = { accepted: 'info', refused: 'warn', failed: 'error' } as const

/** The audit log: a line for each outcome. Give it to `createAuthorizationServer` as `audit`. */
export const logOutcomes =
  (logger: OutcomeLogger) =>
  ({ outcome, ...about }: Outcome): void => {
    const milliseconds = Math.round(about.milliseconds * 1000) / 1000
    logger[METHOD[outcome]]({ ...about, milliseconds }, `${about.endpoint} ${outcome}`)
  }
