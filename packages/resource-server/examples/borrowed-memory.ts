/**
 * One replay memory for all workers of node:cluster: it lives in the primary, which answers one
 * message for each proof. A server of several machines needs an engine that they share instead.
 */
import cluster from 'node:cluster'
import { env } from 'node:process'
import type { Put, ReplayMemory, Use } from '@holdfast/store'

interface Question {
  readonly id: number
  readonly put?: Use
  readonly nonce?: { readonly owner: string; readonly until: number }
}
interface Answer {
  readonly id: number
  readonly put?: Put
  readonly generation: string
  readonly since: number
}

/** In the primary. What it returns is for the environment of the workers. */
export function lend(memory: ReplayMemory): { readonly [name: string]: string } {
  const answer = async ({ id, put, nonce }: Question): Promise<Answer> => {
    if (nonce) await memory.nonceGiven(nonce.owner, nonce.until)
    const done = put && (await memory.put(put))
    const { generation, since } = memory
    return { id, ...(done && { put: done }), generation, since }
  }
  cluster.on('message', (worker, question: Question) => {
    void answer(question).then((given) => worker.send(given))
  })
  return { MEMORY_GENERATION: memory.generation, MEMORY_SINCE: `${memory.since}` }
}

/** In a worker. Node ends a worker that loses its primary, so a question is never left open. */
export class BorrowedMemory implements ReplayMemory {
  generation = env['MEMORY_GENERATION'] ?? ''
  since = Number(env['MEMORY_SINCE'])
  readonly #open = new Map<number, (answer: Answer) => void>()
  #asked = 0

  constructor() {
    process.on('message', (answer: Answer) => {
      this.generation = answer.generation
      this.since = answer.since
      this.#open.get(answer.id)?.(answer)
      this.#open.delete(answer.id)
    })
  }

  async put(use: Use): Promise<Put> {
    const { put } = await this.#ask({ put: use })
    if (!put) throw new Error('the primary has not said what became of a proof')
    return put
  }

  async nonceGiven(owner: string, until: number): Promise<void> {
    await this.#ask({ nonce: { owner, until } })
  }

  async look(): Promise<void> {
    await this.#ask({})
  }

  #ask(question: Omit<Question, 'id'>): Promise<Answer> {
    const id = (this.#asked += 1)
    return new Promise((done, fail) => {
      this.#open.set(id, done)
      process.send?.({ id, ...question }, (error: Error | null) => error && fail(error))
    })
  }
}
