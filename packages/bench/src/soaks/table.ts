import type { Line } from './soak.ts'

/** A Markdown table, aligned so that it can be read as it is. */
export function table(lines: readonly Line[]): string {
  const heads = Object.keys(lines[0] ?? {})
  const rows = [heads, ...lines.map((line) => heads.map((head) => cell(line[head])))]
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const [head = '', ...rest] = rows.map((row) => `| ${row.map(padded).join(' | ')} |`)
  const rule = widths.map((width, column) => `${'-'.repeat(width - (column && 1))}${column && ':'}`)
  return [head, `| ${rule.map((mark) => mark.replace('0', '')).join(' | ')} |`, ...rest].join('\n')

  function padded(text: string, column: number): string {
    const width = widths[column] ?? 0
    return column === 0 ? text.padEnd(width) : text.padStart(width)
  }
}

const cell = (value: string | number | undefined): string =>
  typeof value === 'number' ? value.toLocaleString('en') : (value ?? '')
