import { freePort } from '../processes.ts'
import { follow, type RedisAddress } from '../redis-address.ts'
import { RedisServer } from '../redis-server.ts'

/** One loss of the memory, in two steps; between them it is away, or there is only the first. */
export interface Incident {
  readonly title: string
  /** Something is amiss already, and nobody notices. */
  readonly prepare?: () => Promise<void>
  readonly strike: () => Promise<void>
  readonly mend?: () => Promise<void>
}

/** The incidents, in the order in which they happen. */
export function incidents(address: RedisAddress, first: RedisServer): readonly Incident[] {
  let replica: RedisServer | undefined
  const kill: Incident = {
    title: 'kill -9, restart',
    strike: () => address.behind.kill(),
    mend: () => address.behind.start(),
  }
  const flush: Incident = {
    title: 'FLUSHALL',
    strike: async () => void (await address.behind.ask('FLUSHALL')),
  }
  const failover: Incident = {
    title: 'failover to a lagging replica',
    // Redis takes a new replication id for its first replica: nothing is lost, and nobody challenged.
    // Then the replica hears no more of what is used from here on.
    prepare: async () => {
      replica = await RedisServer.start()
      await follow(replica, first)
      await replica.ask('REPLICAOF', '127.0.0.1', String(await freePort()))
    },
    strike: () => address.cutOff(),
    mend: async () => {
      if (!replica) return
      await replica.ask('REPLICAOF', 'NO', 'ONE')
      address.leadTo(replica)
    },
  }
  const back: Incident = {
    title: 'back to the first, which never stopped',
    strike: () => address.cutOff(),
    mend: async () => {
      address.leadTo(first)
      await replica?.kill()
    },
  }
  return [kill, flush, failover, back, kill, flush, kill]
}
