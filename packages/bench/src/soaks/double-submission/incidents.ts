import { randomUUID } from 'node:crypto'
import { renameSync, rmSync, symlinkSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { eventually, freePort, newFolder } from '../processes.ts'
import { RedisServer } from '../redis-server.ts'

/** Redis as the nodes see it: one path, behind which now one server stands and now another. */
export class RedisAddress {
  readonly path = joinPath(newFolder(), 'redis')
  behind: RedisServer

  constructor(behind: RedisServer) {
    this.behind = behind
    this.leadTo(behind)
  }

  /** Whoever connects from now on finds this one. */
  leadTo(server: RedisServer): void {
    const link = `${this.path}-${randomUUID()}`
    symlinkSync(server.path, link)
    renameSync(link, this.path)
    this.behind = server
  }

  /** Nobody finds anything, and whoever is connected no longer is. */
  async cutOff(): Promise<void> {
    rmSync(this.path)
    await this.behind.ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  }
}

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
      replica = await replicaOf(first)
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

async function replicaOf(primary: RedisServer): Promise<RedisServer> {
  const [, port = ''] = /(\d+)\s*$/.exec(await primary.ask('CONFIG', 'GET', 'port')) ?? []
  const replica = await RedisServer.start('--replicaof', `127.0.0.1 ${port}`)
  await eventually('the replica in step', async () =>
    (await replica.ask('INFO', 'replication')).includes('master_link_status:up'),
  )
  return replica
}
