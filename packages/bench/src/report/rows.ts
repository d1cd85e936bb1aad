import type { Measurement } from '../bench.ts'
import type { Outcome, Result } from '../measure.ts'
import { EXPRESS, MOD_OAUTH2, RAW } from '../targets.ts'
import { ratio, type Spread, spread } from './statistics.ts'

/** What the report says of one target. */
export interface Row {
  readonly name: string
  readonly title: string
  /** Why nothing else is said. */
  readonly leftOut?: string
  readonly perSecond?: Spread
  /** Per second of the server's processor time. */
  readonly perCpuSecond?: Spread
  /** How much of its core the server had: less than 1 if it waited, or if something else ran. */
  readonly coreShare?: number
  /** To others of the same run. Absent where the other one is. */
  readonly times?: {
    readonly express?: number
    readonly modOauth2?: number
    readonly raw?: number
    /** The same server without the check. */
    readonly bare?: number
  }
  /** Milliseconds: medians of the rounds. */
  readonly p50?: number
  readonly p99?: number
  /** Was a proof refused that had been used before? */
  readonly replayStore?: boolean
}

/** What two targets are compared by. */
export type Figure = 'perSecond' | 'perCpuSecond'

export const rowsOf = (outcomes: readonly Outcome[], by: Figure = 'perSecond'): readonly Row[] =>
  outcomes.map((outcome) => {
    const { name, title } = outcome.target
    if ('leftOut' in outcome) return { name, title, leftOut: outcome.leftOut }
    return { name, title, ...figures(outcome, outcomes, by) }
  })

function figures(
  result: Result,
  outcomes: readonly Outcome[],
  by: Figure,
): Omit<Row, 'name' | 'title'> {
  const { target, rounds, refusesReplay } = result
  const [cpu, p50, p99] = [
    values(rounds, 'perCpuSecond'),
    values(rounds, 'p50'),
    values(rounds, 'p99'),
  ]
  const own = values(rounds, by)
  const times = (other: string | undefined) => {
    const found = outcomes.find((outcome) => outcome.target.name === other)
    const theirs = found && 'rounds' in found && found !== result ? values(found.rounds, by) : []
    return own.length > 0 && theirs.length > 0 ? ratio(own, theirs) : undefined
  }
  const all = {
    express: times(EXPRESS),
    modOauth2: times(MOD_OAUTH2),
    raw: times(RAW),
    bare: times(target.bare),
  }
  return {
    perSecond: spread(values(rounds, 'perSecond')),
    times: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
    ...(cpu.length > 0 && {
      perCpuSecond: spread(cpu),
      coreShare: ratio(values(rounds, 'perSecond'), cpu),
    }),
    ...(p50.length > 0 && { p50: spread(p50).median }),
    ...(p99.length > 0 && { p99: spread(p99).median }),
    ...(refusesReplay !== undefined && { replayStore: refusesReplay }),
  }
}

const values = (rounds: readonly Measurement[], name: keyof Measurement): readonly number[] =>
  rounds.flatMap((round) => round[name] ?? [])
