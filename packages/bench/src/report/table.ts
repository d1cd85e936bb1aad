import { EXPRESS, MOD_OAUTH2 } from '../targets.ts'
import type { Row } from './rows.ts'

interface Column {
  readonly head: string
  readonly cell: (row: Row) => string | undefined
}

// oxfmt-ignore
const COLUMNS: readonly Column[] = [
  { head: 'target',           cell: ({ title }) => title },
  { head: 'requests/s',       cell: ({ perSecond }) => perSecond && whole(perSecond.median) },
  { head: 'min–max',          cell: ({ perSecond }) => perSecond && `${whole(perSecond.min)}–${whole(perSecond.max)}` },
  { head: 'per CPU s',        cell: ({ perCpuSecond }) => perCpuSecond && whole(perCpuSecond.median) },
  { head: 'core',             cell: ({ coreShare }) => coreShare === undefined ? undefined : `${Math.round(coreShare * 100)} %` },
  { head: '× express',        cell: ({ times }) => factor(times?.express) },
  { head: '× mod_oauth2',     cell: ({ times }) => factor(times?.modOauth2) },
  { head: '× raw',            cell: ({ times }) => factor(times?.raw) },
  { head: '× bare',           cell: ({ times }) => factor(times?.bare) },
  { head: 'p50 ms',           cell: ({ p50 }) => p50?.toFixed(1) },
  { head: 'p99 ms',           cell: ({ p99 }) => p99?.toFixed(1) },
  { head: 'replay store',     cell: ({ replayStore }) => replayStore === undefined ? undefined : replayStore ? 'yes' : 'no' },
]

/** A Markdown table, aligned so that it can be read as it is. */
export function table(rows: readonly Row[]): string {
  const measured = rows.filter(({ leftOut }) => leftOut === undefined)
  const lines = measured.map((row) => COLUMNS.map(({ cell }) => cell(row) ?? ''))
  const all = [COLUMNS.map(({ head }) => head), ...lines]
  const widths = all[0]?.map((_, index) => Math.max(...all.map((line) => line[index]?.length ?? 0)))
  const text = all.map((line) => {
    const cells = line.map((cell, index) =>
      index === 0 ? cell.padEnd(widths?.[index] ?? 0) : cell.padStart(widths?.[index] ?? 0),
    )
    return `| ${cells.join(' | ')} |`
  })
  const rule = widths?.map((width, index) => '-'.repeat(width - (index && 1)) + (index ? ':' : ''))
  const absent = rows.flatMap(({ title, leftOut }) =>
    leftOut === undefined ? [] : [`${title}: left out: ${leftOut}`],
  )
  const disturbed = measured.some(({ coreShare = 1 }) => coreShare < QUIET) ? [DISTURBED] : []
  const body = [text[0], `| ${rule?.join(' | ')} |`, ...text.slice(1), '']
  return [...body, ...absent, ...disturbed, LEGEND].join('\n')
}

const QUIET = 0.9
const DISTURBED = `
A server that had less than 90 % of its core waited for the load (the bare ones may), or something
else ran on it. --per cpu-second compares by the processor time that each request took instead.`

const LEGEND = `
requests/s: median of the rounds. per CPU s: per second of processor time that the server used;
core: how much of its core it had. × express: ${EXPRESS}; × mod_oauth2: ${MOD_OAUTH2} in Apache;
× raw: verifications of a bare signature; × bare: the same server without the check. Each × is the
median of the rounds' own ratios. Replay store: was a proof refused that had been used before?`

const whole = (value: number): string => Math.round(value).toLocaleString('en')
const factor = (value: number | undefined): string | undefined => value?.toFixed(2)
