import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, test } from 'vitest'
import {
  RecordsInProcess,
  RecordsInSqlite,
  ReplayMemoryInProcess,
  ReplayMemoryInSqlite,
  StoreError,
} from '../src/index.ts'
import { recordsContract } from './records.contract.ts'
import { replayMemoryContract } from './replay-memory.contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-store-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0
const file = () => join(folder, `${(count += 1)}.sqlite`)

describe('ReplayMemory in process', () => {
  replayMemoryContract(async (now, limits) => new ReplayMemoryInProcess(now, limits))
})
describe('ReplayMemory in SQLite', () => {
  replayMemoryContract(async (now, limits) => new ReplayMemoryInSqlite(file(), { now, limits }))
})
describe('Records in process', () => {
  recordsContract(async (now) => new RecordsInProcess(now))
})
describe('Records in SQLite', () => {
  recordsContract(async (now) => new RecordsInSqlite(file(), now))

  test('two connections to one file share what they add and consume', async () => {
    const path = file()
    const [one, two] = [new RecordsInSqlite(path), new RecordsInSqlite(path)]
    const record = { kind: 'Code', id: 'a', payload: {} }
    expect(await Promise.all([one.add(record), two.add(record)])).toEqual([true, false])
    expect(await Promise.all([one.consume('Code', 'a'), two.consume('Code', 'a')])).toEqual([
      true,
      false,
    ])
  })

  test('what was acknowledged is there after kill -9', () => {
    const path = file()
    const source = new URL('../src/index.ts', import.meta.url).href
    const { signal } = spawnSync(process.execPath, [
      '--input-type=module',
      '--eval',
      `const { RecordsInSqlite } = await import(${JSON.stringify(source)})
       const records = new RecordsInSqlite(${JSON.stringify(path)})
       await records.upsert({ kind: 'Code', id: 'a', payload: {} })
       await records.consume('Code', 'a')
       process.kill(process.pid, 'SIGKILL')`,
    ])
    expect(signal).toBe('SIGKILL')
    return expect(new RecordsInSqlite(path).consume('Code', 'a')).resolves.toBe(false)
  })

  test.each([
    ['a file', (now: () => number) => new RecordsInSqlite(file(), now)],
    ['a process', (now: () => number) => new RecordsInProcess(now)],
  ])('sweeps what has expired, and only that: %s', async (_, open) => {
    const clock = { time: 0 }
    const records = open(() => clock.time)
    await records.upsert({ kind: 'Code', id: 'short', payload: {}, expiresAt: 1 })
    await records.upsert({ kind: 'Code', id: 'long', payload: {} })
    clock.time = 60_000
    expect(records.sweep()).toBe(1)
    expect((await records.list('Code')).map(({ id }) => id)).toEqual(['long'])
  })

  test('one bad write of a group does not take the others with it', async () => {
    const records = new RecordsInSqlite(file())
    const bad = { kind: 'Code', id: 'bad', payload: {}, expiresAt: 1e300 }
    const writes = ['a', 'b'].map((id) => records.add({ kind: 'Code', id, payload: {} }))
    const results = await Promise.allSettled([...writes, records.add(bad)])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect((await records.list('Code')).map(({ id }) => id)).toEqual(['a', 'b'])
  })

  test('what was asked for before close is written', async () => {
    const path = file()
    const records = new RecordsInSqlite(path)
    const added = records.add({ kind: 'Code', id: 'a', payload: {} })
    await records.close()
    expect(await added).toBe(true)
    expect(await new RecordsInSqlite(path).find('Code', 'a')).toBeDefined()
  })

  test('a file that is no database is refused by name and left as it was', () => {
    const path = file()
    writeFileSync(
      path,
      'this is somebody’s shopping list, long enough to look like a page\n'.repeat(20),
    )
    const before = statSync(path).size
    expect(() => new RecordsInSqlite(path)).toThrow(StoreError)
    expect(() => new RecordsInSqlite(path)).toThrow(path)
    expect(statSync(path).size).toBe(before)
  })

  test('a database of a newer program is refused', async () => {
    const path = file()
    const newer = new DatabaseSync(path)
    newer.exec('PRAGMA user_version = 99')
    newer.close()
    expect(() => new RecordsInSqlite(path)).toThrow(/schema 99 is newer/)
    const older = new DatabaseSync(path)
    expect(() => older.exec('PRAGMA user_version = 0')).not.toThrow() // nothing is held
    older.close()
    await new RecordsInSqlite(path).close()
  })

  test('a file that is taken away is not written to, and works again when it is back', async () => {
    const path = file()
    const records = new RecordsInSqlite(path)
    const record = { kind: 'Code', id: 'a', payload: {} }
    expect(await records.add(record)).toBe(true)
    const elsewhere = (from: string, to: string) => {
      for (const end of ['', '-wal', '-shm']) renameSync(from + end, to + end)
    }
    elsewhere(path, `${path}-away`)
    await expect(records.consume('Code', 'a')).rejects.toThrow(StoreError)
    await expect(records.find('Code', 'a')).rejects.toThrow(`${path} is gone`)
    // Another one in its place is not what the records are in.
    await new RecordsInSqlite(path).close()
    await expect(records.consume('Code', 'a')).rejects.toThrow('not the file that was opened')
    await expect(records.list('Code')).rejects.toThrow(StoreError)
    elsewhere(`${path}-away`, path)
    expect(await records.consume('Code', 'a')).toBe(true)
    expect(await new RecordsInSqlite(path).consume('Code', 'a')).toBe(false)
  })

  test('only its owner can read the file', () => {
    const path = file()
    writeFileSync(path, '')
    chmodSync(path, 0o644)
    const records = new RecordsInSqlite(path)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    return records.close()
  })
})
