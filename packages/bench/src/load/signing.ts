import { writeFileSync } from 'node:fs'
import type { BenchClient } from './clients.ts'
import { type Aim, signedRequest } from './request-text.ts'

/** What `writeSigned` does, in a form that can be posted to a worker. */
export interface SigningJob {
  /** They take turns. */
  readonly clients: readonly BenchClient[]
  readonly count: number
  readonly file: string
  readonly aim: Aim
}

/** Writes complete HTTP requests, each with a proof of its own, in the form that wrk.lua reads. */
export async function writeSigned({ clients, count, file, aim }: SigningJob): Promise<void> {
  const texts: string[] = []
  for (let index = 0; index < count; index += 1) {
    const client = clients[index % clients.length]
    if (!client) break
    const text = await signedRequest(client, aim)
    texts.push(`${text.length}\n${text}`)
  }
  writeFileSync(file, texts.join(''))
}
