import type { Counter, Gauge, Histogram } from 'prom-client'

/** The part of prom-client that is used: it is yours, not ours, and not installed with us. */
export interface PromClient {
  readonly Counter: typeof Counter
  readonly Gauge: typeof Gauge
  readonly Histogram: typeof Histogram
}
