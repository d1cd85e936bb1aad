import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bench, Contender, Measurement, Target } from './bench.ts'
import { BenchError } from './error.ts'
import { clientsOf } from './load/clients.ts'
import { startIssuer } from './load/issuer.ts'
import { Children } from './machine.ts'

export interface Settings {
  /** How long one target is loaded in one round. */
  readonly seconds: number
  readonly rounds: number
  readonly clients: number
  readonly connections: number
  readonly progress: (text: string) => void
  /** Ends the run, and every process of it. */
  readonly signal?: AbortSignal
}

/** What the rounds of one target gave. */
export interface Result {
  readonly target: Target
  readonly refusesReplay?: boolean
  /** One for each round, in their order. */
  readonly rounds: readonly Measurement[]
}

interface LeftOut {
  readonly target: Target
  readonly leftOut: string
}

export type Outcome = Result | LeftOut

/** Seconds of load before anything counts: until then a server still compiles itself. */
const WARM_UP = 2

/**
 * Starts every target, each on its own, warms it up, and measures them in turn, round after round:
 * what slows the machine for a while slows them all. Nothing is left behind, however it ends.
 *
 * @throws BenchError if a target does not do what it is measured for
 */
export async function measure(targets: readonly Target[], settings: Settings): Promise<Outcome[]> {
  const { clients, connections, signal } = settings
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
  const [children, issuer] = [new Children(), await startIssuer()]
  // Whatever waits for a process then fails, as it ends.
  const abort = () => void children.close()
  signal?.addEventListener('abort', abort)
  try {
    signal?.throwIfAborted()
    const bench = { children, folder, issuer, clients: clientsOf(issuer, clients), connections }
    return await inTurn(targets, bench, settings)
  } finally {
    signal?.removeEventListener('abort', abort)
    await children.close()
    issuer.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function inTurn(
  targets: readonly Target[],
  bench: Bench,
  { seconds, rounds, progress, signal }: Settings,
): Promise<Outcome[]> {
  const running: { target: Target; contender: Contender; measured: Measurement[] }[] = []
  const outcomes: Outcome[] = []
  for (const target of targets) {
    const leftOut = target.missing?.()
    if (leftOut !== undefined) {
      progress(`${target.title}: left out: ${leftOut}`)
      outcomes.push({ target, leftOut })
      continue
    }
    progress(`${target.title}: starting`)
    const measured: Measurement[] = []
    await naming(target, signal, async () => {
      const contender = await target.start(bench)
      await contender.measure(Math.min(WARM_UP, seconds))
      running.push({ target, contender, measured })
      const { refusesReplay } = contender
      outcomes.push({
        target,
        rounds: measured,
        ...(refusesReplay !== undefined && { refusesReplay }),
      })
    })
  }
  for (let round = 1; round <= rounds; round += 1)
    for (const { target, contender, measured } of running) {
      const measurement = await naming(target, signal, () => contender.measure(seconds))
      measured.push(measurement)
      progress(`${round}/${rounds} ${target.title}: ${Math.round(measurement.perSecond)}/s`)
    }
  return outcomes
}

async function naming<T>(
  { name }: Target,
  signal: AbortSignal | undefined,
  step: () => Promise<T>,
): Promise<T> {
  try {
    signal?.throwIfAborted()
    return await step()
  } catch (error) {
    signal?.throwIfAborted() // what fails then, fails because its processes were ended
    if (error instanceof BenchError) throw new BenchError(`${name}: ${error.message}`)
    throw error
  }
}
