import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { BenchError } from '../error.ts'
import type { BenchClient } from './clients.ts'
import type { Aim } from './request-text.ts'
import { type SigningJob, writeSigned } from './signing.ts'

const WORKERS = Math.min(4, availableParallelism())
/** So few are signed before a worker is up. */
const FEW = 1000
/** Seconds. Servers refuse a proof that is a minute old, and it is still to be sent. */
const LONGEST = 30

/**
 * Signs requests, each with a proof of its own, on all cores while no server is measured. The
 * clients take turns, also from one call to the next.
 */
export class Requests {
  readonly #clients: readonly BenchClient[]
  readonly #aim: Aim
  readonly #folder: string
  #next = 0

  constructor(clients: readonly BenchClient[], aim: Aim, folder: string) {
    this.#clients = clients
    this.#aim = aim
    this.#folder = folder
  }

  /** @returns the files, in the form that wrk.lua reads */
  async sign(count: number): Promise<readonly string[]> {
    const began = performance.now()
    const share = Math.ceil(count / WORKERS)
    const jobs: SigningJob[] = []
    for (let left = count; left > 0; left -= share)
      jobs.push({
        clients: this.#turns(Math.min(share, left)),
        count: Math.min(share, left),
        file: join(this.#folder, `requests-${jobs.length}`),
        aim: this.#aim,
      })
    await Promise.all(jobs.map(count < FEW ? writeSigned : inWorker))
    if (performance.now() - began > LONGEST * 1000)
      throw new BenchError('the proofs are stale before they are used: ask for fewer seconds')
    return jobs.map(({ file }) => file)
  }

  #turns(count: number): readonly BenchClient[] {
    const clients = this.#clients
    const first = this.#next
    this.#next = (first + count) % clients.length
    return [...clients.slice(first), ...clients.slice(0, first)].slice(0, count)
  }
}

async function inWorker(job: SigningJob): Promise<void> {
  const worker = new Worker(new URL('./sign-worker.ts', import.meta.url), { workerData: job })
  await once(worker, 'exit') // rejects on 'error'
}
