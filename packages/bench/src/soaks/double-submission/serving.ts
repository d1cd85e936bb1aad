/** A resource server of the soak: a process, told what to serve in argv. */
import { createServer } from 'node:http'
import { protect } from '@holdfast/resource-server/node'
import type { ReplayMemory } from '@holdfast/store'
import { BODY } from '../../scenario.ts'
import { listening } from '../../load/listening.ts'
import { protection } from '../protection.ts'

export interface Settings {
  readonly issuerUrl: string
  /** base64url of 32 bytes: every node has the same. */
  readonly nonceSecret: string
  /** Path of the socket of Redis. Absent: the memory is in this process. */
  readonly redis?: string
}

/** Milliseconds. All clocks are one, so that the margins are small and the windows narrow. */
export const MARGIN = 100
/** Seconds by which a proof may be dated ahead: clients that use it all are among ours. */
export const AHEAD = 2

export async function serve(open: (settings: Settings) => Promise<ReplayMemory>): Promise<void> {
  const settings: Settings = JSON.parse(process.argv[2] ?? '{}')
  const memory = await open(settings)
  const options = {
    ...protection(settings.issuerUrl, memory),
    nonceSecret: Buffer.from(settings.nonceSecret, 'base64url'),
    proofWindow: { past: 60, ahead: AHEAD },
    clockMargin: MARGIN / 1000,
  }
  const body = JSON.stringify(BODY)
  const server = createServer(protect(options, (_request, response) => response.end(body)))
  server.keepAliveTimeout = 0 // a connection of ours may be silent while Redis is brought back
  process.on('disconnect', () => process.exit())
  process.on('message', () => process.send?.({ generation: memory.generation }))
  process.send?.({ url: await listening(server, 'http') })
}
