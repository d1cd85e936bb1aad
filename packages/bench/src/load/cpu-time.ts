import { readdirSync, readFileSync } from 'node:fs'

/** `getconf CLK_TCK`: a hundred on every Linux that runs Node. */
const TICKS_PER_SECOND = 100

interface Process {
  readonly pid: number
  readonly parent: number
  readonly ticks: number
}

/**
 * Seconds of processor time that a process and those it has started have used, by /proc. `undefined`
 * where there is none. Other programs on the server's core take its time, but not this figure's.
 */
export function cpuTime(pid: number): number | undefined {
  try {
    const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    const processes = all.flatMap((name) => readStat(Number(name)))
    const own = processes.filter((one) => one.pid === pid || one.parent === pid)
    return own.reduce((sum, { ticks }) => sum + ticks, 0) / TICKS_PER_SECOND
  } catch {
    return undefined
  }
}

// proc(5): the name, in parentheses, may hold anything; utime and stime are fields 14 and 15.
function readStat(pid: number): Process[] {
  try {
    const [, fields = ''] = /^.*\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    const values = fields.split(' ').map(Number)
    return [{ pid, parent: values[1] ?? 0, ticks: (values[11] ?? 0) + (values[12] ?? 0) }]
  } catch {
    return [] // it has ended meanwhile
  }
}
