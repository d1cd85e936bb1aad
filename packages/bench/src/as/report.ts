import type { Measurement } from '../bench.ts'
import type { Outcome } from '../measure.ts'
import { ratio, type Spread, spread } from '../report/statistics.ts'
import { table } from '../soaks/table.ts'
import { KINDS } from './load/order.ts'
import { stockOf } from './targets.ts'

export interface Row {
  readonly name: string
  readonly title: string
  readonly leftOut?: string
  readonly perSecond?: Spread
  readonly perCpuSecond?: Spread
  /** To the stock library with the same exchange, in the same run: the median of the rounds' ratios. */
  readonly timesStock?: number
  /** Milliseconds: medians of the rounds. */
  readonly p50?: number
  readonly p99?: number
}

type Figure = 'perSecond' | 'perCpuSecond'

export function rowsOf(outcomes: readonly Outcome[], by: Figure): readonly Row[] {
  const roundsOf = (name: string | undefined): readonly Measurement[] => {
    const found = outcomes.find(({ target }) => target.name === name)
    return found && 'rounds' in found ? found.rounds : []
  }
  return outcomes.map((outcome) => {
    const { name, title } = outcome.target
    if ('leftOut' in outcome) return { name, title, leftOut: outcome.leftOut }
    const stock = KINDS.map(stockOf).find((one) => one.split('-')[1] === name.split('-')[1])
    const [own, theirs] = [values(outcome.rounds, by), values(roundsOf(stock), by)]
    const cpu = values(outcome.rounds, 'perCpuSecond')
    return {
      name,
      title,
      perSecond: spread(values(outcome.rounds, 'perSecond')),
      ...(cpu.length > 0 && { perCpuSecond: spread(cpu) }),
      ...(theirs.length > 0 && own.length > 0 && { timesStock: ratio(own, theirs) }),
      p50: spread(values(outcome.rounds, 'p50')).median,
      p99: spread(values(outcome.rounds, 'p99')).median,
    }
  })
}

export function told(rows: readonly Row[]): string {
  const lines = rows
    .filter(({ leftOut }) => leftOut === undefined)
    .map(({ title, perSecond, perCpuSecond, timesStock, p50, p99 }) => ({
      target: title,
      'exchanges/s': whole(perSecond?.median),
      'min–max': `${whole(perSecond?.min)}–${whole(perSecond?.max)}`,
      'per CPU s': whole(perCpuSecond?.median),
      '× stock': timesStock?.toFixed(2) ?? '',
      'p50 ms': p50?.toFixed(1) ?? '',
      'p99 ms': p99?.toFixed(1) ?? '',
    }))
  const absent = rows.flatMap(({ title, leftOut }) => (leftOut ? [`${title}: ${leftOut}`] : []))
  return [table(lines), ...absent.map((line) => `left out: ${line}`), LEGEND].join('\n')
}

const values = (rounds: readonly Measurement[], name: keyof Measurement): readonly number[] =>
  rounds.flatMap((round) => round[name] ?? [])

const whole = (value: number | undefined): string =>
  value === undefined ? '' : Math.round(value).toLocaleString('en')

const LEGEND = `
exchanges/s: medians of the rounds; an exchange of the last kind is three requests of a user who is
logged in. per CPU s: per second of processor time that the server used; the processor time of
PostgreSQL and Redis is not in it. × stock: the median of the rounds' own ratios to oidc-provider with
its memory adapter, which forgets what is used after a thousand other entries.`
