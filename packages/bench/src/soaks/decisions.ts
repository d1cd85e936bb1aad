/** The check of a resource server, without a server around it: requests in, cost out. */
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { ROWS } from '@holdfast/sender-constraint'
import { decideWith } from '@holdfast/resource-server/rows-out'
import type { Client } from './client.ts'
import { PATH } from '../scenario.ts'

export type Decide = ReturnType<typeof decideWith>
type Options = Parameters<typeof decideWith>[1]

/** All rows. */
export const decider = (options: Options): Decide => decideWith(ROWS, options)

const socket = new Socket()

/** A request that has been received, as Node gives it to a listener. */
export function received(
  method: string,
  url: string,
  fields: readonly (readonly [string, string])[],
): IncomingMessage {
  const request = new IncomingMessage(socket)
  Object.assign(request, { method, url, rawHeaders: fields.flat() })
  return request
}

export const honest = (client: Client, proof = client.proof()): IncomingMessage =>
  received('GET', PATH, [
    ['Host', 'rs.example'],
    ['Authorization', `DPoP ${client.token}`],
    ['DPoP', proof],
  ])

/**
 * Microseconds of processor time for one decision about an honest request; signing is not counted.
 *
 * @throws Error if one is refused
 */
export async function costOf(decide: Decide, clients: readonly Client[]): Promise<number> {
  const requests = clients.map((client) => honest(client))
  const began = process.cpuUsage()
  for (const request of requests) {
    const verdict = await decide(request)
    if ('refused' in verdict)
      throw new Error(`an honest request is refused: ${verdict.refused.body.error_description}`)
  }
  const { user, system } = process.cpuUsage(began)
  // Decisions wait for nothing; the issuer, in this process, closes connections only in a turn of its own.
  await new Promise(setImmediate)
  return (user + system) / requests.length
}
