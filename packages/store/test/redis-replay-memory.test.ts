import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { StoreError } from '../src/index.ts'
import { ReplayMemoryInRedis, type ReplayMemoryInRedisOptions } from '../src/redis.ts'
import { racePuts } from './races.ts'
import { replayMemoryContract } from './replay-memory.contract.ts'
import { Door } from './servers/door.ts'
import { selfSigned } from './servers/certificate.ts'
import { eventually, freePort, installed, leftOut } from './servers/process.ts'
import { Redis } from './servers/redis.ts'

const present = installed('redis-server')
describe.runIf(!present)('left out', () => {
  leftOut('redis-server')
})
describe.runIf(present)('ReplayMemory in Redis', () => {
  suite()
})

const use = (key: string = randomUUID()) => ({ key, owner: 'jkt', until: Date.now() + 60_000 })

function suite(): void {
  let redis: Redis
  const opened: ReplayMemoryInRedis[] = []
  beforeAll(async () => {
    redis = await Redis.start()
  })
  afterAll(async () => {
    await Promise.all(opened.map((memory) => memory.close()))
    await redis.stop()
  })

  async function open(options: Partial<ReplayMemoryInRedisOptions> = {}) {
    const memory = await ReplayMemoryInRedis.open({
      server: redis.server,
      name: randomUUID(),
      ...options,
    })
    opened.push(memory)
    return memory
  }

  replayMemoryContract((now, limits) => open({ now, limits, margin: 0 }))

  test('20 in parallel over four connections: one is recorded', async () => {
    const name = randomUUID()
    const nodes = await Promise.all(Array.from({ length: 4 }, () => open({ name })))
    await expect(racePuts(nodes)).resolves.toBeUndefined()
  })

  test('nodes of one name are in one generation, which begins a margin after the store’s time', async () => {
    const name = randomUUID()
    const [one, two] = [await open({ name, margin: 5_000 }), await open({ name })]
    expect(two.generation).toBe(one.generation)
    expect(one.since - Date.now()).toBeGreaterThan(4_000)
    expect(Math.abs(one.since - two.since)).toBeLessThan(50)
  })

  describe('loses its records', () => {
    /** What two nodes on one server see: loss, then what each answers about a use recorded before. */
    async function lose(own: Redis, path: string, loss: () => Promise<void>) {
      const server = { socket: { path, tls: false as const } }
      const options = { server, name: 'shared', every: 60_000 }
      const [one, two] = [await open(options), await open(options)]
      const { generation } = one
      const used = use()
      expect(await one.put(used)).toBe('recorded')
      await loss()
      for (const node of [one, two]) {
        // Nothing is recorded in the old generation: refused while away, then told of the new one.
        const before = new Set<string>()
        let answer = 'unreachable'
        await eventually('recovery', async () => {
          answer = await node.put({ ...used, generation }).catch(() => 'unreachable')
          before.add(answer)
          return answer === 'new-generation'
        })
        expect([...before].filter((put) => put !== 'unreachable')).toEqual(['new-generation'])
        expect(node.generation).not.toBe(generation)
        expect(node.since).toBeGreaterThan(used.until - 60_000)
      }
      expect(await own.ask('PING')).toBe('PONG')
      return { one, two, used }
    }

    test('FLUSHALL', async () => {
      const own = await Redis.start()
      const { one, two } = await lose(own, own.path, async () => void (await own.ask('FLUSHALL')))
      const fresh = use()
      expect(await one.put(fresh)).toBe('recorded')
      await two.look()
      expect(two.generation).toBe(one.generation)
      expect(await two.put(fresh)).toBe('seen')
      await own.stop()
    })

    test('the sentinel alone is deleted', async () => {
      const own = await Redis.start()
      const { used } = await lose(own, own.path, async () => {
        const sentinels = await own.ask('KEYS', '*sentinel')
        await own.ask('DEL', ...(Array.isArray(sentinels) ? sentinels.map(String) : []))
      })
      expect(await opened.at(-1)!.put(used)).toBe('seen') // only the proof that it was complete went
      await own.stop()
    })

    test('kill -9 and restart, nothing kept', async () => {
      const own = await Redis.start()
      const { one, two } = await lose(own, own.path, async () => {
        await own.kill()
        await own.start()
      })
      expect(two.generation).toBe(one.generation)
      await own.stop()
    })

    test('kill -9 and restart, everything kept: a new generation all the same', async () => {
      const own = await Redis.start('--appendonly', 'yes', '--appendfsync', 'always')
      const { one, used } = await lose(own, own.path, async () => {
        await own.kill()
        await own.start()
      })
      expect(await one.put(used)).toBe('seen')
      await own.stop()
    })

    test('failover to a replica that lags, and back to the first', async () => {
      const port = String(await freePort())
      const [first, replica] = [
        await Redis.start('--repl-diskless-sync-delay', '0', '--port', port),
        await Redis.start('--replicaof', `127.0.0.1 ${port}`),
      ]
      const door = await Door.open(join(first.folder, 'door'), first.path)
      await eventually('replica in step', async () =>
        /master_link_status:up/.test(String(await replica.ask('INFO', 'replication'))),
      )
      const { one, two, used } = await lose(replica, door.path, async () => {
        // From here on it hears no more; the use above may or may not have come through, so:
        await replica.ask('REPLICAOF', 'NO', 'ONE')
        door.leadTo(replica.path)
      })
      const late = use()
      expect(await one.put(late)).toBe('recorded')
      expect(await two.put(late)).toBe('seen')
      // The first still runs, with its run id and the sentinel of its own time.
      const { generation } = one
      const back = Date.now()
      door.leadTo(first.path)
      const answers = new Set<string>()
      await eventually('recovery', async () => {
        const answer = await one.put({ ...used, generation }).catch(() => 'unreachable')
        answers.add(answer)
        return answer === 'new-generation'
      })
      expect(answers).not.toContain('recorded')
      expect(one.since).toBeGreaterThan(back) // what was used on the other is unknown here
      door.close()
      await Promise.all([first.stop(), replica.stop()])
    })

    test('a first replica joins: nothing is lost, and nobody is challenged', async () => {
      const port = String(await freePort())
      const first = await Redis.start('--repl-diskless-sync-delay', '0', '--port', port)
      const id = async () =>
        /master_replid:\w+/.exec(String(await first.ask('INFO', 'replication')))?.[0]
      const options = { server: first.server, name: 'shared' }
      const [one, two] = [await open(options), await open(options)]
      const [{ generation }, before] = [one, await id()]
      const used = use()
      await one.put(used)
      const replica = await Redis.start('--replicaof', `127.0.0.1 ${port}`)
      await eventually('replica in step', async () =>
        /master_link_status:up/.test(String(await replica.ask('INFO', 'replication'))),
      )
      expect(await id()).not.toBe(before)
      expect(await one.put(used)).toBe('seen')
      expect(await two.put(use())).toBe('recorded')
      expect([one.generation, two.generation]).toEqual([generation, generation])
      await Promise.all([first.stop(), replica.stop()])
    })

    test('the same, when nobody has looked for a while: what happened meanwhile cannot be known', async () => {
      const port = String(await freePort())
      const first = await Redis.start('--repl-diskless-sync-delay', '0', '--port', port)
      const clock = { time: Date.now() }
      const one = await open({ server: first.server, now: () => clock.time, every: 60_000 })
      const { generation } = one
      const replica = await Redis.start('--replicaof', `127.0.0.1 ${port}`)
      await eventually('replica in step', async () =>
        /master_link_status:up/.test(String(await replica.ask('INFO', 'replication'))),
      )
      clock.time += 10_001
      expect(await one.put(use())).toBe('new-generation')
      expect(one.generation).not.toBe(generation)
      await Promise.all([first.stop(), replica.stop()])
    })

    test('kill -9 and restart in the middle of traffic: no use is recorded twice in one generation', async () => {
      const own = await Redis.start()
      const options = { server: own.server, name: 'shared' }
      const nodes = await Promise.all([open(options), open(options), open(options)])
      const recorded = new Map<string, number>()
      const ending = new AbortController()
      const traffic = nodes.map(async (node) => {
        for (let n = 0; !ending.signal.aborted; n += 1) {
          const generation = node.generation
          const key = String(Math.floor(n / 3))
          const put = await node.put({ ...use(key), generation }).catch(() => 'unreachable')
          const name = `${generation} ${key}`
          if (put === 'recorded') recorded.set(name, (recorded.get(name) ?? 0) + 1)
          if (put === 'unreachable') await new Promise(setImmediate) // others need their turn
        }
      })
      for (let round = 0; round < 3; round += 1) {
        const before = recorded.size
        await eventually('traffic', async () => recorded.size > before + 100)
        await own.kill()
        await own.start()
        await own.ask('FLUSHALL')
      }
      ending.abort()
      await Promise.all(traffic)
      expect(new Set([...recorded.keys()].map((name) => name.split(' ')[0])).size).toBeGreaterThan(
        2,
      )
      expect([...recorded.values()].filter((times) => times > 1)).toEqual([])
      await own.stop()
    })
  })

  describe('clocks', () => {
    test.each([-120_000, 120_000])(
      'a node %i ms from the store: remembered as long as either says so',
      async (difference) => {
        vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + difference })
        try {
          const memory = await open({ margin: 1_000 })
          const brief = { ...use(), until: Date.now() + 100 }
          expect(await memory.put(brief)).toBe('recorded')
          vi.setSystemTime(Date.now() + 99)
          expect(await memory.put(brief)).toBe('seen')
          // An iat that this node accepted before must not be after `since`, by this node's clock.
          expect(memory.since).toBeGreaterThan(Date.now())
        } finally {
          vi.useRealTimers()
        }
      },
    )
  })

  describe('a server that cannot serve', () => {
    test('nobody there: no memory', async () => {
      const server = { socket: { path: '/nowhere', tls: false as const } }
      await expect(open({ server })).rejects.toThrow(StoreError)
    })

    test('laid out by a newer program: no memory', async () => {
      const name = randomUUID()
      await open({ name })
      await redis.ask('HSET', `{${name}}:sentinel`, 'layout', '2')
      await expect(open({ name })).rejects.toThrow("Redis: layout 2 is newer than this program's 1")
    })

    test('may evict: no memory; becomes so later: refused until it is mended', async () => {
      const own = await Redis.start()
      const memory = await open({ server: own.server, every: 60_000 })
      await own.ask('CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru')
      await expect(open({ server: own.server })).rejects.toThrow(/volatile-lru/)
      await expect(memory.look()).rejects.toThrow(StoreError)
      await expect(memory.put(use())).rejects.toThrow(StoreError)
      await own.ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
      await memory.look()
      expect(await memory.put(use())).toBe('recorded')
      await own.stop()
    })

    test('out of memory: full, and nothing is forgotten', async () => {
      const own = await Redis.start()
      const memory = await open({ server: own.server, every: 60_000 })
      const used = use()
      await memory.put(used)
      await own.ask('CONFIG', 'SET', 'maxmemory', '1')
      expect(await memory.put(use())).toBe('full')
      expect(await memory.put(used)).not.toBe('recorded')
      await own.ask('CONFIG', 'SET', 'maxmemory', '0')
      expect(await memory.put(used)).toBe('seen')
      await own.stop()
    })

    test('does not answer: refused in time, and served when it answers again', async () => {
      const own = await Redis.start()
      const memory = await open({ server: { ...own.server, timeout: 100 }, every: 60_000 })
      own.signal('SIGSTOP')
      const before = performance.now()
      await expect(memory.put(use())).rejects.toThrow(/100 ms/)
      expect(performance.now() - before).toBeLessThan(1_000)
      own.signal('SIGCONT')
      await eventually('answer', async () => (await memory.put(use())) === 'recorded')
      await own.stop()
    })

    test('is away: refused at once', async () => {
      const own = await Redis.start()
      const memory = await open({ server: own.server })
      await own.kill()
      const before = performance.now()
      await expect(memory.put(use())).rejects.toBeInstanceOf(Error)
      await expect(memory.put(use())).rejects.toBeInstanceOf(Error)
      expect(performance.now() - before).toBeLessThan(500)
      await own.stop()
    })
  })

  test('in a cluster all keys of a put are in one slot', async () => {
    const own = await Redis.start('--port', String(await freePort()), '--cluster-enabled', 'yes')
    await own.ask('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    await eventually('cluster', async () =>
      String(await own.ask('CLUSTER', 'INFO')).includes('cluster_state:ok'),
    )
    const memory = await open({ server: own.server })
    expect(await memory.put({ ...use(), key: '{elsewhere}' })).toBe('recorded')
    await own.stop()
  })

  test('a password, and TLS with a certificate that is checked', async () => {
    const certificate = selfSigned()
    const { key, cert } = certificate.files
    const port = await freePort()
    const tls = ['--tls-port', String(port), '--tls-cert-file', cert, '--tls-key-file', key]
    const own = await Redis.start(...tls, '--tls-ca-cert-file', cert, '--tls-auth-clients', 'no')
    await own.ask('ACL', 'SETUSER', 'node', 'on', '>secret', '~{*', '+@all')
    await own.ask('ACL', 'SETUSER', 'default', 'resetpass')
    const socket = { host: '127.0.0.1', port, tls: true as const, ca: certificate.cert }
    const user = { username: 'node', password: 'secret' }
    const memory = await open({ server: { socket, ...user } })
    expect(await memory.put(use())).toBe('recorded')
    await expect(open({ server: { socket, ...user, password: 'wrong' } })).rejects.toThrow(
      /WRONGPASS/,
    )
    const { ca: _, ...unknown } = socket
    await expect(open({ server: { socket: unknown, ...user } })).rejects.toThrow(/self-signed/)
    await own.stop()
  })
}
