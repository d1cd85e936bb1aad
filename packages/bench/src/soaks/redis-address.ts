import { randomUUID } from 'node:crypto'
import { renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { eventually, newFolder } from './processes.ts'
import type { RedisServer } from './redis-server.ts'

/** Redis as the nodes see it: one path, behind which now one server stands and now another. */
export class RedisAddress {
  readonly path = join(newFolder(), 'redis')
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

/** Resolves when the one has what the other has. @param primary listens at a port */
export async function follow(replica: RedisServer, primary: RedisServer): Promise<void> {
  const [, port = ''] = /(\d+)\s*$/.exec(await primary.ask('CONFIG', 'GET', 'port')) ?? []
  await replica.ask('REPLICAOF', '127.0.0.1', port)
  await eventually('the replica in step', async () =>
    (await replica.ask('INFO', 'replication')).includes('master_link_status:up'),
  )
}
