import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StoreError } from '../src/index.ts'
import { RecordsInRedis, type RecordsInRedisOptions } from '../src/redis.ts'
import { raceRecords } from './races.ts'
import { recordsContract } from './records.contract.ts'
import { selfSigned } from './servers/certificate.ts'
import { Door } from './servers/door.ts'
import { eventually, freePort, installed, leftOut } from './servers/process.ts'
import { Redis } from './servers/redis.ts'

const ALWAYS = ['--appendonly', 'yes', '--appendfsync', 'always']
const code = { kind: 'Code', id: 'a', payload: {} }

const present = installed('redis-server')
describe.runIf(!present)('left out', () => {
  leftOut('redis-server')
})
describe.runIf(present)('Records in Redis', () => {
  suite()
})

function suite(): void {
  let redis: Redis
  const opened: RecordsInRedis[] = []
  beforeAll(async () => {
    redis = await Redis.start(...ALWAYS)
  })
  afterAll(async () => {
    await Promise.all(opened.map((records) => records.close()))
    await redis.stop()
  })

  async function open(options: Partial<RecordsInRedisOptions> = {}): Promise<RecordsInRedis> {
    const records = await RecordsInRedis.open({
      server: redis.server,
      name: randomUUID(),
      nothingUsedBefore: true,
      ...options,
    })
    opened.push(records)
    return records
  }

  recordsContract((now) => open({ now }))

  test('20 in parallel over four connections: one adds, one consumes', async () => {
    const name = randomUUID()
    const nodes = await Promise.all(Array.from({ length: 4 }, () => open({ name })))
    await expect(raceRecords(nodes)).resolves.toBeUndefined()
  })

  test('the server’s clock decides, and the server forgets by itself', async () => {
    const records = await open()
    expect(await records.add({ ...code, expiresAt: Date.now() - 14_950 })).toBe(true)
    await eventually('expiry', async () => (await records.find('Code', 'a')) === undefined)
    expect(await records.add(code)).toBe(true)
  })

  test('an empty server may have been flushed: nothing is used once, the rest goes on', async () => {
    const clock = { time: Date.now() }
    const now = () => clock.time
    const records = await open({ nothingUsedBefore: false, now, quarantine: 60_000 })
    await expect(records.add(code)).rejects.toThrow(StoreError)
    clock.time += 15_000
    await records.upsert(code)
    await expect(records.consume('Code', 'a')).rejects.toThrow(/lost what was used/)
    expect(await records.find('Code', 'a')).toEqual(code)
    clock.time += 44_999
    await expect(records.consume('Code', 'a')).rejects.toThrow(StoreError)
    clock.time += 1
    expect(await records.consume('Code', 'a')).toBe(true)
  })

  test('a record from before the loss counts as used after the quarantine', async () => {
    const own = await Redis.start()
    const clock = { time: Date.now() }
    const now = () => clock.time
    const records = await open({ server: own.server, now, quarantine: 60_000 })
    await records.upsert({ ...code, expiresAt: clock.time + 3_600_000 })
    await records.upsert({ ...code, id: 'for good' })
    await own.ask('SAVE')
    expect(await records.consume('Code', 'a')).toBe(true)
    await own.kill()
    await own.start() // with what it had saved
    await eventually('reconnect', async () => (await records.find('Code', 'a')) !== undefined)
    expect((await records.find('Code', 'a'))?.consumedAt).toBeUndefined() // lost
    await expect(records.consume('Code', 'a')).rejects.toThrow(/lost what was used/)
    clock.time += 60_000
    for (const id of ['a', 'for good']) expect(await records.consume('Code', id)).toBe(false)
    await records.upsert({ ...code, id: 'b' })
    expect(await records.consume('Code', 'b')).toBe(true)
    expect(await records.add({ ...code, id: 'c' })).toBe(true)
    await own.stop()
  })

  test('FLUSHALL: what was used is not used again', async () => {
    const own = await Redis.start()
    const records = await open({ server: own.server })
    expect(await records.add(code)).toBe(true)
    await own.ask('FLUSHALL')
    await expect(records.add(code)).rejects.toThrow(StoreError)
    await own.stop()
  })

  test('kill -9 where a restart loses: refused until nothing used before is alive', async () => {
    const own = await Redis.start()
    const records = await open({ server: own.server })
    expect(await records.add(code)).toBe(true)
    await own.kill()
    await expect(records.add({ ...code, id: 'b' })).rejects.toBeInstanceOf(Error)
    await own.start()
    await eventually('reconnect', async () => (await records.find('Code', 'a')) === undefined)
    await expect(records.add(code)).rejects.toThrow(/lost what was used/)
    await own.stop()
  })

  test('kill -9 where a restart keeps: what was acknowledged is there, at once', async () => {
    const own = await Redis.start(...ALWAYS)
    const records = await open({ server: own.server, restart: 'keeps' })
    const acknowledged: string[] = []
    let killed: Promise<void> | undefined
    for (let n = 0; n < 400; n += 1) {
      if (n === 200) killed = own.kill().then(() => own.start())
      const id = String(n)
      const added = await records.add({ ...code, id }).catch(() => false)
      if (added) acknowledged.push(id)
    }
    await killed
    expect(acknowledged.length).toBeGreaterThanOrEqual(200)
    await eventually('reconnect', async () => (await records.list('Code')).length > 0)
    for (const id of acknowledged) expect(await records.add({ ...code, id })).toBe(false)
    expect(await records.add({ ...code, id: 'new' })).toBe(true)
    await own.stop()
  })

  test('a key of another type is told of by the server’s own sentence', async () => {
    const name = randomUUID()
    const records = await open({ name })
    await redis.ask('RENAME', `{${name}}:records`, `{${name}}:kept`)
    await redis.ask('SET', `{${name}}:records`, 'of somebody else')
    const added = records.add(code)
    await expect(added).rejects.toThrow(StoreError)
    await expect(added).rejects.toThrow(/^Redis: WRONGTYPE /)
    await redis.ask('RENAME', `{${name}}:kept`, `{${name}}:records`)
    expect(await records.add(code)).toBe(true)
  })

  test('what a newer program has laid out is refused', async () => {
    const name = randomUUID()
    await open({ name })
    await redis.ask('HSET', `{${name}}:records`, 'layout', '2')
    await expect(open({ name })).rejects.toThrow("Redis: layout 2 is newer than this program's 1")
  })

  test('a server that may evict, or forget where it should keep, is refused', async () => {
    const own = await Redis.start('--maxmemory-policy', 'allkeys-lru')
    await expect(open({ server: own.server })).rejects.toThrow(/noeviction/)
    await own.ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    await expect(open({ server: own.server, restart: 'keeps' })).rejects.toThrow(/appendfsync/)
    await own.stop()
  })

  test('a write that too few replicas have is refused', async () => {
    const port = String(await freePort())
    const own = await Redis.start('--repl-diskless-sync-delay', '0', '--port', port, ...ALWAYS)
    // The first replica gives the server a new replication id, which would count as a loss.
    const records = await open({ server: own.server, replicas: 1, restart: 'keeps' })
    await expect(records.upsert(code)).rejects.toThrow('0 of 1 replicas')
    const replica = await Redis.start('--replicaof', `127.0.0.1 ${port}`)
    await eventually('replica', () => records.add({ ...code, id: randomUUID() }))
    await Promise.all([replica.stop(), own.stop()])
  })

  test('a user and password, and TLS with a certificate that is checked', async () => {
    const { files, cert } = selfSigned()
    const port = await freePort()
    const tls = ['--tls-port', String(port), '--tls-cert-file', files.cert]
    const more = ['--tls-key-file', files.key, '--tls-auth-clients', 'no']
    const own = await Redis.start(...tls, ...more, '--tls-ca-cert-file', files.cert)
    await own.ask('ACL', 'SETUSER', 'node', 'on', '>secret', '~{*', '+@all')
    await own.ask('ACL', 'SETUSER', 'default', 'resetpass')
    const server = {
      socket: { host: '127.0.0.1', port, tls: true as const, ca: cert },
      username: 'node',
      password: 'secret',
    }
    expect(await (await open({ server })).add(code)).toBe(true)
    for (const [wrong, why] of [
      [{ password: 'wrong' }, /WRONGPASS/],
      [{ username: 'nobody' }, /WRONGPASS/],
      [{ socket: { host: '127.0.0.1', port, tls: true as const } }, /self-signed/],
      [{ socket: { ...server.socket, servername: 'elsewhere' } }, /altnames/],
    ] as const)
      await expect(open({ server: { ...server, ...wrong } })).rejects.toThrow(why)
    await own.stop()
  })

  test('a connection that has gone dumb is given up, however much is asked on it', async () => {
    const own = await Redis.start(...ALWAYS)
    const door = await Door.open(join(own.folder, 'door'), own.path)
    const server = { socket: { path: door.path, tls: false as const }, timeout: 200 }
    const records = await open({ server, restart: 'keeps' })
    expect(await records.add(code)).toBe(true)
    door.swallow()
    await expect(records.consume('Code', 'a')).rejects.toThrow('has not answered for 200 ms')
    await eventually('reconnect', async () => (await records.find('Code', 'a')) !== undefined)
    expect(await records.consume('Code', 'a')).toBe(true)
    door.close()
    await own.stop()
  })

  test('an answer that is none is not followed by answers to other questions', async () => {
    const own = await Redis.start(...ALWAYS)
    const door = await Door.open(join(own.folder, 'door'), own.path)
    const server = { socket: { path: door.path, tls: false as const }, timeout: 200 }
    const records = await open({ server, restart: 'keeps' })
    for (const id of ['a', 'b']) await records.upsert({ ...code, id })
    door.garble()
    await expect(records.find('Code', 'a')).rejects.toBeInstanceOf(Error)
    await eventually('reconnect', async () => (await records.find('Code', 'b'))?.id === 'b')
    expect((await records.find('Code', 'a'))?.id).toBe('a')
    door.close()
    await own.stop()
  })

  test('cut off in the middle of traffic: refused meanwhile, served again without being opened anew', async () => {
    const own = await Redis.start(...ALWAYS)
    const door = await Door.open(join(own.folder, 'door'), own.path)
    const server = { socket: { path: door.path, tls: false as const }, timeout: 200 }
    const records = await open({ server, restart: 'keeps' })
    expect(await records.add(code)).toBe(true)
    door.leadTo(undefined)
    await expect(records.consume('Code', 'a')).rejects.toBeInstanceOf(Error)
    await expect(records.find('Code', 'a')).rejects.toBeInstanceOf(Error)
    door.leadTo(own.path)
    await eventually('reconnect', async () => (await records.find('Code', 'a')) !== undefined)
    expect(await records.consume('Code', 'a')).toBe(true)
    door.close()
    await own.stop()
  })
}
