import { aroundRecords } from '@holdfast/store'
import type { Records } from '@holdfast/store'
import type { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Outcome } from './outcome.ts'

/** The part of prom-client that is used: it is yours, not ours, and not installed with us. */
export interface PromClient {
  readonly Counter: typeof Counter
  readonly Gauge: typeof Gauge
  readonly Histogram: typeof Histogram
}

/** Seconds: client credentials cost a millisecond or two, a password forty. */
const REQUEST = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
/** Seconds: memory answers in microseconds, a synced write or another machine in milliseconds. */
const STORE = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1]

/**
 * Counts outcomes by endpoint and error, tokens by grant and constraint, and how long it took. Give
 * it to `createAuthorizationServer` as `audit`, alone or beside the log.
 *
 * @param client `import client from 'prom-client'`
 * @param registry to which the metrics are added, once
 */
export function measureOutcomes(
  client: PromClient,
  registry: Registry,
): (outcome: Outcome) => void {
  const outcomes = new client.Counter({
    name: 'holdfast_as_outcomes_total',
    help: 'Requests decided, by endpoint and by the error that refused them (accepted: none)',
    labelNames: ['endpoint', 'error'],
    registers: [registry],
  })
  const tokens = new client.Counter({
    name: 'holdfast_as_tokens_issued_total',
    help: 'Token responses, by grant type and sender constraint',
    labelNames: ['grant_type', 'constraint'],
    registers: [registry],
  })
  const seconds = new client.Histogram({
    name: 'holdfast_as_request_seconds',
    help: 'From the arrival of a request to its outcome',
    labelNames: ['endpoint', 'outcome'],
    buckets: REQUEST,
    registers: [registry],
  })
  return ({ endpoint, outcome, error = 'none', grantType, constraint = 'none', milliseconds }) => {
    outcomes.inc({ endpoint, error })
    seconds.observe({ endpoint, outcome }, milliseconds / 1000)
    // Of a request that was refused the grant type may be any text.
    if (endpoint === 'token' && outcome === 'accepted')
      tokens.inc({ grant_type: grantType ?? 'none', constraint })
  }
}

/**
 * The same records, with the time that each call takes, and the calls that fail, counted.
 *
 * @param registry to which the metrics are added, once
 */
export function measureRecords(client: PromClient, registry: Registry, records: Records): Records {
  const seconds = new client.Histogram({
    name: 'holdfast_store_seconds',
    help: 'How long the store took to answer, by operation',
    labelNames: ['operation'],
    buckets: STORE,
    registers: [registry],
  })
  const failures = new client.Counter({
    name: 'holdfast_store_failures_total',
    help: 'Calls that the store did not answer, by operation',
    labelNames: ['operation'],
    registers: [registry],
  })
  return aroundRecords(records, async (call, operation) => {
    const took = seconds.startTimer({ operation })
    try {
      return await call()
    } catch (error) {
      failures.inc({ operation })
      throw error
    } finally {
      took()
    }
  })
}

/**
 * How much the limits of failed authentication have to remember; none grows beyond ten thousand.
 *
 * @param registry to which the metric is added, once
 * @param remembered of the authorization server
 */
export function measureFailures(
  client: PromClient,
  registry: Registry,
  remembered: () => Readonly<Record<string, number>>,
): void {
  const failures = new client.Gauge({
    name: 'holdfast_as_failures_remembered',
    help: 'Clients, end-users and networks whose failed authentications are remembered, by limit',
    labelNames: ['limit'],
    registers: [registry],
    collect: () => {
      for (const [limit, size] of Object.entries(remembered())) failures.set({ limit }, size)
    },
  })
}
