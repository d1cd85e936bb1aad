import type { Observation } from './observation.ts'

/** The part of pino that is used; any logger with these two will do. */
export interface DecisionLogger {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/** Characters of a client's name and URL: both are the client's to choose. */
const LONGEST = 200

/**
 * Writes a line for each decision: clause and error of a refusal, thumbprints, never a token, a
 * proof or a query. Give it to `protect` as `observe`.
 */
export const logDecisions =
  (logger: DecisionLogger) =>
  ({ decision, uri, client, ...seen }: Observation): void => {
    const { refusal } = decision
    const fields = {
      ...seen,
      uri: uri?.slice(0, LONGEST),
      client: client?.slice(0, LONGEST),
      milliseconds: Math.round(seen.milliseconds * 1000) / 1000,
    }
    if (!refusal) return logger.info(fields, 'accepted')
    const { clause, sentence, answer } = refusal
    logger.warn({ ...fields, clause, ...answer, sentence }, 'refused')
  }
