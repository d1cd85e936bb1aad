import type { Counter, Histogram, Registry } from 'prom-client'
import type { Observation } from './observation.ts'

/** Seconds: a cached token costs a tenth of a millisecond, an issuer that must be asked ten. */
const BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1]

/** The part of prom-client that is used: it is yours, not ours, and not installed with us. */
export interface PromClient {
  readonly Counter: typeof Counter
  readonly Histogram: typeof Histogram
}

/**
 * Counts decisions by clause, and how long they took. Give it to `protect` as `observe`; several
 * routes share one.
 *
 * @param client `import client from 'prom-client'`
 * @param registry to which the metrics are added, once
 */
export function measureDecisions(
  client: PromClient,
  registry: Registry,
): (observation: Observation) => void {
  const decisions = new client.Counter({
    name: 'holdfast_decisions_total',
    help: 'Requests decided, by the clause that refused them (accepted: none) and the scheme used',
    labelNames: ['clause', 'scheme'],
    registers: [registry],
  })
  const seconds = new client.Histogram({
    name: 'holdfast_decision_seconds',
    help: 'From the arrival of a request to its decision',
    labelNames: ['outcome'],
    buckets: BUCKETS,
    registers: [registry],
  })
  return ({ decision, scheme = 'none', milliseconds }) => {
    const clause = decision.refusal?.clause ?? 'none'
    decisions.inc({ clause, scheme })
    seconds.observe({ outcome: decision.refusal ? 'refused' : 'accepted' }, milliseconds / 1000)
  }
}
