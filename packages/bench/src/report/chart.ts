import type { Row } from './rows.ts'

const [WIDTH, LABELS, FIGURES, BAR, GAP, TOP] = [860, 290, 80, 18, 8, 44] as const

/** A bar for each target, as long as its median, with a line from its least to its most. */
export function chart(rows: readonly Row[], caption: string): string {
  const measured = rows.flatMap(({ name, title, perSecond }) =>
    perSecond ? [{ name, title, perSecond }] : [],
  )
  const longest = Math.max(1, ...measured.map(({ perSecond }) => perSecond.max))
  const length = (value: number) => ((WIDTH - LABELS - FIGURES) * value) / longest
  const bars = measured.map(({ name, title, perSecond: { min, median, max } }, index) => {
    const y = TOP + index * (BAR + GAP)
    const [middle, from, to] = [y + BAR / 2, LABELS + length(min), LABELS + length(max)]
    return `
  <text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end">${escape(title)}</text>
  <rect class="${kind(name)}" x="${LABELS}" y="${y}" width="${round(length(median))}" height="${BAR}"/>
  <path d="M${round(from)} ${middle}H${round(to)}"/>
  <text x="${round(to + 6)}" y="${middle + 4}">${Math.round(median).toLocaleString('en')}</text>`
  })
  const height = TOP + measured.length * (BAR + GAP) + 8
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">
  <title>Requests per second on one core</title>
  <style>
    text { fill: #1f2328 } path { stroke: #1f2328; stroke-width: 1.5 }
    .ours { fill: #2f7d5b } .peer { fill: #b9722d } .bare { fill: #a9b1ba }
    @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } path { stroke: #e6edf3 } }
  </style>
  <text x="8" y="16" font-size="14" font-weight="600">Requests per second on one core</text>
  <text x="8" y="32">${escape(caption)}</text>${bars.join('')}
</svg>
`
}

const kind = (name: string): string => {
  if (/^(raw|bare)/.test(name)) return 'bare'
  return /^(node|koa|memory|sqlite|postgres|redis)/.test(name) ? 'ours' : 'peer'
}

const round = (value: number): number => Math.round(value * 10) / 10
const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
