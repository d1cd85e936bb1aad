import type { Registry } from 'prom-client'
import type { Kept, Put, ReplayMemory, Use } from '@holdfast/store'
import type { Observation } from './observation.ts'
import type { PromClient } from './prom-client.ts'
import type { Reading, TokenReader } from './tokens.ts'

export { measureCaches } from './cache-metrics.ts'
export type { PromClient } from './prom-client.ts'

/** Seconds: a cached token costs a tenth of a millisecond, an issuer that must be asked ten. */
const BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1]

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

/**
 * The same memory, with what it answers, and how long it takes, counted; and how much it keeps, asked
 * when the metrics are read (NaN: it does not say, or cannot be reached).
 *
 * @param registry to which the metrics are added, once
 */
export function measureMemory(
  client: PromClient,
  registry: Registry,
  memory: ReplayMemory,
): ReplayMemory {
  const answers = new client.Counter({
    name: 'holdfast_replay_memory_answers_total',
    help: 'Uses of proofs that were to be recorded, by what became of them (failed: not reached)',
    labelNames: ['answer'],
    registers: [registry],
  })
  const seconds = new client.Histogram({
    name: 'holdfast_replay_memory_seconds',
    help: 'How long the memory of used proofs took to answer',
    buckets: BUCKETS,
    registers: [registry],
  })
  const gauge = (name: string, help: string, value: () => number | Promise<number>) =>
    new client.Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.set(await value())
      },
    })
  // All metrics are collected at once: one question serves them.
  let asking: Promise<Kept> | undefined
  const kept = (): Promise<Kept> => {
    asking ??= keptBy(memory).finally(() => {
      asking = undefined
    })
    return asking
  }
  gauge(
    'holdfast_replay_memory_uses',
    'Records of used proofs that take room',
    async () => (await kept()).uses,
  )
  gauge(
    'holdfast_replay_memory_nonces_given',
    'Keys whose owners were given a nonce, and must use one until it expires',
    async () => (await kept()).nonces ?? NaN,
  )
  gauge(
    'holdfast_replay_memory_since_seconds',
    'When the memory began to be complete, in seconds since the epoch: it changes when it was lost',
    () => memory.since / 1000,
  )
  return {
    get generation() {
      return memory.generation
    },
    get since() {
      return memory.since
    },
    put: async (use: Use): Promise<Put> => {
      const took = seconds.startTimer()
      try {
        const answer = await memory.put(use)
        answers.inc({ answer })
        return answer
      } catch (error) {
        answers.inc({ answer: 'failed' })
        throw error
      } finally {
        took()
      }
    },
    nonceGiven: (owner, until) => memory.nonceGiven(owner, until),
    look: () => memory.look(),
    kept,
  }
}

// A memory that cannot be reached must not keep the other metrics from being read.
const keptBy = async (memory: ReplayMemory): Promise<Kept> =>
  (await memory.kept?.().catch(() => undefined)) ?? { uses: NaN }

/**
 * Makes the same reader of tokens, with how often it had to ask the issuer counted under a name:
 * what it knows is read at once.
 *
 * @param registry to which the metrics are added, once
 */
export function measureTokens(
  client: PromClient,
  registry: Registry,
): (name: string, read: TokenReader) => TokenReader {
  const readings = new client.Counter({
    name: 'holdfast_token_readings_total',
    help: 'Access tokens that were read, by reader, and by whether the issuer was waited for',
    labelNames: ['reader', 'issuer'],
    registers: [registry],
  })
  return (reader, read) => {
    const count = (text: string): Reading | Promise<Reading> => {
      const reading = read(text)
      readings.inc({ reader, issuer: reading instanceof Promise ? 'asked' : 'not asked' })
      return reading
    }
    const { accepted, caches } = read
    return Object.assign(count, accepted && { accepted }, caches && { caches })
  }
}
