/**
 * One replay memory for all workers of node:cluster: it lives in the primary, which answers one
 * message for each proof. A server of several machines needs an engine that they share instead.
 */
import cluster from 'node:cluster'
import { env } from 'node:process'
import type { Put, ReplayMemory, Use } from '@holdfast/store'

interface Question {
  readonly id: number
  readonly use: Use
}

/** In the primary. What it returns is for the environment of the workers. */
export function lend(memory: ReplayMemory): { readonly [name: string]: string } {
  cluster.on('message', (worker, { id, use }: Question) => {
    void memory.put(use).then((put) => worker.send({ id, put }))
  })
  return { MEMORY_GENERATION: memory.generation, MEMORY_SINCE: `${memory.since}` }
}

/** In a worker. Node ends a worker that loses its primary, so a question is never left open. */
export class BorrowedMemory implements ReplayMemory {
  readonly generation = env['MEMORY_GENERATION'] ?? ''
  readonly since = Number(env['MEMORY_SINCE'])
  readonly #open = new Map<number, (put: Put) => void>()
  #asked = 0

  constructor() {
    process.on('message', ({ id, put }: { readonly id: number; readonly put: Put }) => {
      this.#open.get(id)?.(put)
      this.#open.delete(id)
    })
  }

  put(use: Use): Promise<Put> {
    const id = (this.#asked += 1)
    return new Promise((done, fail) => {
      this.#open.set(id, done)
      process.send?.({ id, use }, (error: Error | null) => error && fail(error))
    })
  }
}
