import { fileURLToPath } from 'node:url'
import type { Measurement } from '../bench.ts'
import { BenchError } from '../error.ts'
import type { Children } from '../machine.ts'

const SCRIPT = fileURLToPath(new URL('./wrk.lua', import.meta.url))

/** Seconds after which wrk gives up, whatever is still unanswered. */
const LONGEST = 120

export interface WrkLoad {
  readonly url: URL
  readonly connections: number
  /** How many requests to send, and the files they are in. */
  readonly total: number
  readonly files: readonly string[]
}

/** @throws BenchError if any request is answered otherwise than with 200, or not at all */
export async function wrk(children: Children, load: WrkLoad): Promise<Measurement> {
  const { url, connections, total, files } = load
  const settings = ['-t1', `-c${connections}`, `-d${LONGEST}s`, '--timeout', '20s', '-s', SCRIPT]
  const output = await children.run(['wrk', ...settings, url.href, '--', String(total), ...files])
  return parseWrk(output)
}

const LINE =
  /^holdfast total=(\d+) answered=(\d+) microseconds=(\d+) p50=(\d+) p99=(\d+) errors=(\d+) statuses=(.*)$/m

/** Reads the line that wrk.lua writes. @throws BenchError if not every answer was a 200 */
export function parseWrk(output: string): Measurement {
  const [line, ...fields] = LINE.exec(output) ?? []
  if (!line) throw new BenchError(`wrk says nothing that can be read: ${output.trim()}`)
  const [total = 0, answered = 0, microseconds = 0, p50 = 0, p99 = 0, errors = 0] = fields
    .slice(0, 6)
    .map(Number)
  const statuses = fields[6]?.trim() ?? ''
  if (statuses !== '') throw new BenchError(`answers other than 200: ${statuses.slice(0, 60)}`)
  if (answered !== total || errors > 0)
    throw new BenchError(
      `${answered} answers to ${total} requests, ${errors} errors of connections`,
    )
  return { perSecond: (answered / microseconds) * 1e6, p50: p50 / 1000, p99: p99 / 1000 }
}
