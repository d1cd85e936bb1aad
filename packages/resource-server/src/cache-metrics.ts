import type { Registry } from 'prom-client'
import type { Cache } from './cache.ts'
import type { PromClient } from './prom-client.ts'

/**
 * Measures what is kept between requests, when the metrics are read. Give it to `protect` as
 * `caches`; several routes share one, and what they keep under one name is added up.
 *
 * @param registry to which the metrics are added, once
 */
export function measureCaches(client: PromClient, registry: Registry): (cache: Cache) => void {
  const caches = new Set<Cache>()
  const labelsOf = ({ name, of = '' }: Cache) => ({ cache: name, of })
  const labelNames = ['cache', 'of']
  const entries = new client.Gauge({
    name: 'holdfast_cache_entries',
    help: 'What is kept between requests, by what it is and whose',
    labelNames,
    registers: [],
    collect() {
      this.reset()
      for (const cache of caches) this.inc(labelsOf(cache), cache.figures().entries)
    },
  })
  const lookups = new client.Counter({
    name: 'holdfast_cache_lookups_total',
    help: 'Look-ups, by whether what was looked for was there',
    labelNames: [...labelNames, 'found'],
    registers: [],
    collect() {
      this.reset()
      for (const cache of caches) {
        const { hits, misses } = cache.figures()
        this.inc({ ...labelsOf(cache), found: 'yes' }, hits)
        this.inc({ ...labelsOf(cache), found: 'no' }, misses)
      }
    },
  })
  const age = new client.Gauge({
    name: 'holdfast_cache_age_seconds',
    help: 'Since the issuer last confirmed what we have fetched',
    labelNames,
    registers: [],
    collect() {
      this.reset()
      for (const cache of caches) {
        const { age: milliseconds } = cache.figures()
        if (milliseconds !== undefined) this.set(labelsOf(cache), milliseconds / 1000)
      }
    },
  })
  registry.registerMetric(entries)
  registry.registerMetric(lookups)
  registry.registerMetric(age)
  return (cache) => void caches.add(cache)
}
