import type { Measurement } from '../bench.ts'
import { BenchError } from '../error.ts'
import type { Children } from '../machine.ts'

export interface AbLoad {
  readonly url: URL
  readonly connections: number
  readonly total: number
  /** PEM file with the client's certificate and key. */
  readonly certificate: string
  readonly authorization: string
}

/** ApacheBench, because wrk has no client certificates. @throws BenchError as `parseAb` */
export async function ab(children: Children, load: AbLoad): Promise<Measurement> {
  const { url, connections, total, certificate, authorization } = load
  const options = ['-q', '-k', '-n', String(total), '-c', String(Math.min(connections, total))]
  const who = ['-E', certificate, '-H', `Authorization: ${authorization}`]
  return parseAb(await children.run(['ab', ...options, ...who, url.href]))
}

/** Reads what ab prints. @throws BenchError if not every answer was a 200 over a kept connection */
export function parseAb(output: string): Measurement {
  const complete = number(output, /^Complete requests: +(\d+)$/m)
  const kept = number(output, /^Keep-Alive requests: +(\d+)$/m)
  const failed = number(output, /^Failed requests: +(\d+)$/m)
  // ab prints this line only where there are any.
  const other = /^Non-2xx responses: +(\d+)$/m.exec(output)?.[1]
  if (other) throw new BenchError(`${other} of ${complete} answers are not 2xx`)
  if (failed > 0) throw new BenchError(`${failed} of ${complete} requests failed`)
  if (kept < complete) throw new BenchError(`only ${kept} of ${complete} connections were kept`)
  return {
    perSecond: number(output, /^Requests per second: +([\d.]+) /m),
    p50: number(output, /^ +50% +(\d+)$/m),
    p99: number(output, /^ +99% +(\d+)$/m),
  }
}

function number(output: string, line: RegExp): number {
  const value = line.exec(output)?.[1]
  if (value === undefined) throw new BenchError(`ab says nothing of ${line.source}: ${output}`)
  return Number(value)
}
