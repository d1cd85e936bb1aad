/** A lab that is killed at any moment of its first start is good for another one. */
import { setTimeout as pause } from 'node:timers/promises'
import { makePlace, run, start, up } from '../program.ts'

/** @param after milliseconds from the start of the process to its end */
export async function killDuringFirstStart(after: number) {
  const place = await makePlace()
  try {
    const first = start(place, ['up', '--no-tour'])
    // The moment is the parameter of this test, nothing is waited for.
    await pause(after)
    first.process.kill('SIGKILL')
    const { err } = await first.outcome
    const second = await up(place)
    const { code } = await run(place, ['call', 'GET', '/accounts', '--as', 'self-signed-mtls'])
    return { err, call: code, second: await second.stop() }
  } finally {
    await place.remove()
  }
}

export const GOOD = { err: '', call: 0, second: { code: 0, err: '' } }

/** Spread evenly over the range. */
export const moments = (rounds: number, [from, to]: readonly [number, number]): readonly number[] =>
  Array.from({ length: rounds }, (_, round) =>
    Math.round(from + ((to - from) * (round + 0.5)) / rounds),
  )
