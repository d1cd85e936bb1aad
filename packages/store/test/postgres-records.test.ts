import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StoreError } from '../src/index.ts'
import { RecordsInPostgres, type RecordsInPostgresOptions } from '../src/postgres.ts'
import { raceRecords } from './races.ts'
import { recordsContract } from './records.contract.ts'
import { selfSigned } from './servers/certificate.ts'
import { Postgres, POSTGRES } from './servers/postgres.ts'
import { eventually, freePort, leftOut } from './servers/process.ts'

const present = POSTGRES !== undefined
describe.runIf(!present)('left out', () => {
  leftOut('postgres')
})
describe.runIf(present)('Records in PostgreSQL', () => {
  suite()
})

const newSchema = () => `s${randomUUID().replaceAll('-', '_')}`
const code = { kind: 'Code', id: 'a', payload: {} }

function suite(): void {
  let postgres: Postgres
  const opened: RecordsInPostgres[] = []
  beforeAll(async () => {
    postgres = await Postgres.start()
  })
  afterAll(async () => {
    await Promise.all(opened.map((records) => records.close()))
    await postgres.stop()
  })

  async function open(options: Partial<RecordsInPostgresOptions> = {}): Promise<RecordsInPostgres> {
    const records = await RecordsInPostgres.open({
      server: { ...postgres.server, max: 4 },
      schema: newSchema(),
      ...options,
    })
    opened.push(records)
    return records
  }

  async function ask(sql: string): Promise<void> {
    const client = new Client(postgres.server)
    await client.connect()
    await client.query(sql)
    await client.end()
  }

  recordsContract((now) => open({ now }))

  test('20 in parallel over two nodes of four connections: one adds, one consumes', async () => {
    const schema = newSchema()
    const nodes = [await open({ schema }), await open({ schema })]
    await expect(raceRecords(nodes)).resolves.toBeUndefined()
  })

  test('ten nodes that start together make one schema', async () => {
    const schema = newSchema()
    const nodes = await Promise.all(Array.from({ length: 10 }, () => open({ schema })))
    await nodes[0]!.upsert(code)
    expect(await nodes[9]!.find('Code', 'a')).toEqual(code)
  })

  test('a schema of a newer program is refused', async () => {
    const schema = newSchema()
    await open({ schema })
    await ask(`INSERT INTO "${schema}".version VALUES (99)`)
    await expect(open({ schema })).rejects.toThrow(/schema 99 is newer/)
  })

  test('a name that is none of a schema is refused', async () => {
    await expect(open({ schema: 'a"; DROP' })).rejects.toThrow(StoreError)
  })

  test('a database that acknowledges before it has written is refused', async () => {
    await ask('ALTER ROLE holdfast SET synchronous_commit = off')
    await expect(open()).rejects.toThrow(/synchronous_commit is off/)
    await ask('ALTER ROLE holdfast RESET synchronous_commit')
    await open()
  })

  test('a database that has not every character is refused', async () => {
    await ask("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    const server = { ...postgres.server, database: 'latin' }
    await expect(open({ server })).rejects.toThrow(/encoding is LATIN1; it must be UTF8/)
  })

  test('a table that is not there is told of by the database’s own sentence', async () => {
    const schema = newSchema()
    const records = await open({ schema })
    await ask(`ALTER TABLE "${schema}".record RENAME TO elsewhere`)
    const found = records.find('Code', 'a')
    await expect(found).rejects.toThrow(StoreError)
    await expect(found).rejects.toThrow(/^PostgreSQL: relation ".*record" does not exist$/)
    await ask(`ALTER TABLE "${schema}".elsewhere RENAME TO record`)
    expect(await records.add(code)).toBe(true)
  })

  test('sweeps what has expired, and only that', async () => {
    const clock = { time: 0 }
    const records = await open({ now: () => clock.time })
    await records.upsert({ ...code, id: 'short', expiresAt: 1 })
    await records.upsert(code)
    clock.time = 60_000
    expect(await records.sweep()).toBe(1)
    expect((await records.list('Code')).map(({ id }) => id)).toEqual(['a'])
  })

  test('the database’s clock decides', async () => {
    const records = await open()
    await records.upsert({ ...code, expiresAt: Date.now() - 14_900 })
    expect(await records.find('Code', 'a')).toBeDefined()
    await eventually('expiry', async () => (await records.find('Code', 'a')) === undefined)
  })

  test('a lock that is not given back: refused in time', async () => {
    const schema = newSchema()
    const records = await open({ schema, timeout: 200 })
    await records.upsert(code)
    const client = new Client(postgres.server)
    await client.connect()
    await client.query(`BEGIN; LOCK TABLE "${schema}".record`)
    await expect(records.consume('Code', 'a')).rejects.toBeInstanceOf(Error)
    await client.end()
    expect(await records.consume('Code', 'a')).toBe(true)
  })

  test.each(['SIGINT', 'SIGQUIT'] as const)(
    'ended by %s in the middle of traffic: refused meanwhile, nothing acknowledged is lost',
    async (signal) => {
      const records = await open()
      const acknowledged: string[] = []
      let refused = 0
      const ending = new AbortController()
      const traffic = Array.from({ length: 4 }, async (_, worker) => {
        for (let n = 0; !ending.signal.aborted; n += 1) {
          const id = `${worker} ${n}`
          const added = await records.add({ ...code, id }).catch(() => undefined)
          if (added) acknowledged.push(id)
          else refused += 1
          if (!added) await new Promise(setImmediate)
        }
      })
      await eventually('traffic', async () => acknowledged.length > 50)
      await postgres.end(signal)
      await postgres.start()
      const before = acknowledged.length
      await eventually('traffic again', async () => acknowledged.length > before + 50)
      ending.abort()
      await Promise.all(traffic)
      expect(refused).toBeGreaterThan(0)
      for (const id of acknowledged) expect(await records.add({ ...code, id })).toBe(false)
    },
  )

  test('a user and password, and TLS with a certificate that is checked', async () => {
    const certificate = selfSigned()
    const [own, port] = [await Postgres.start(), await freePort()]
    await own.serveTls(certificate, port)
    const admin = new Client(own.server)
    await admin.connect()
    await admin.query("CREATE ROLE node LOGIN PASSWORD 'secret'")
    await admin.query('GRANT CREATE ON DATABASE postgres TO node')
    await admin.end()
    const server = {
      host: '127.0.0.1',
      port,
      database: 'postgres',
      user: 'node',
      password: 'secret',
      ssl: { ca: certificate.cert, servername: 'localhost' },
      max: 2,
    }
    const records = await open({ server })
    expect(await records.add(code)).toBe(true)
    for (const [wrong, why] of [
      [{ password: 'wrong' }, /password authentication failed/],
      [{ user: 'nobody' }, /password authentication failed/],
      [{ ssl: false }, /no pg_hba.conf entry.*no encryption/],
      [{ ssl: { servername: 'localhost' } }, /self-signed/],
      [{ ssl: { ca: certificate.cert, servername: 'elsewhere' } }, /altnames/],
    ] as const)
      await expect(open({ server: { ...server, ...wrong } })).rejects.toThrow(why)
    await records.close()
    opened.splice(opened.indexOf(records), 1)
    await own.stop()
  })
}
