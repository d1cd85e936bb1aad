/** Files that are locked, damaged, or lose their log: refused, nothing used twice, and well again. */
import { closeSync, mkdtempSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { RecordsInSqlite, ReplayMemoryInSqlite, StoreError } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-store-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.useRealTimers())
let count = 0
const file = () => join(folder, `${(count += 1)}.sqlite`)

const code = (id: string) => ({ kind: 'Code', id, payload: { nonce: 'n'.repeat(200) } })
const use = (key: string) => ({ key, owner: 'jkt', until: Date.now() + 60_000 })

function lock(path: string): DatabaseSync {
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  return other
}

describe('another process has locked the file', () => {
  test('writes wait for it, and nobody else does', async () => {
    const [path, memoryPath] = [file(), file()]
    const [records, memory] = [new RecordsInSqlite(path), new ReplayMemoryInSqlite(memoryPath)]
    await records.add(code('a'))
    const locks = [lock(path), lock(memoryPath)]
    const answered: string[] = []
    const writes = [
      records.consume('Code', 'a').then((consumed) => answered.push(`consumed: ${consumed}`)),
      memory.put(use('a')).then((put) => answered.push(put)),
    ]
    // Were the process held up by the lock, it would not come to give it back.
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
    expect(await records.find('Code', 'a')).toMatchObject(code('a'))
    writes.push(records.add(code('b')).then((added) => answered.push(`added: ${added}`)))
    expect(answered).toEqual([])
    for (const one of locks) one.close()
    await Promise.all(writes)
    expect(answered.toSorted()).toEqual(['added: true', 'consumed: true', 'recorded'])
    expect(await records.consume('Code', 'a')).toBe(false)
    expect(await memory.put(use('a'))).toBe('seen')
  })

  test('for 5 s, then they are refused, and have not happened', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
    const path = file()
    const records = new RecordsInSqlite(path)
    await records.add(code('a'))
    const other = lock(path)
    const outcomes = new Map<string, unknown>()
    const consume = (when: string) =>
      records.consume('Code', 'a').then(
        (consumed) => outcomes.set(when, consumed),
        (error: unknown) => outcomes.set(when, error),
      )
    const pass = async (time: number) => {
      // What is asked for is first gathered for some turns of the event loop.
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
      await vi.advanceTimersByTimeAsync(time)
    }
    void consume('early')
    await pass(4_900)
    void consume('late')
    await pass(90)
    expect([...outcomes.keys()]).toEqual([])
    await pass(30)
    expect([...outcomes.keys()]).toEqual(['early'])
    expect(outcomes.get('early')).toBeInstanceOf(StoreError)
    expect(String(outcomes.get('early'))).toContain('locked')
    other.close()
    await pass(20)
    expect(outcomes.get('late')).toBe(true)
  })

  test('what waits for it is written before the records are closed', async () => {
    const path = file()
    const records = new RecordsInSqlite(path)
    const other = lock(path)
    const added = records.add(code('a'))
    const closed = records.close()
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
    other.close()
    await closed
    expect(await added).toBe(true)
    expect(await new RecordsInSqlite(path).find('Code', 'a')).toMatchObject(code('a'))
  })
})

test('a log that is taken away is not written to, and all is well when it is back', async () => {
  const [path, memoryPath] = [file(), file()]
  const [records, memory] = [new RecordsInSqlite(path), new ReplayMemoryInSqlite(memoryPath)]
  await records.add(code('a'))
  for (const name of [path, memoryPath]) renameSync(`${name}-wal`, `${name}-away`)
  await expect(records.consume('Code', 'a')).rejects.toThrow(`${path}-wal is gone`)
  await expect(records.find('Code', 'a')).rejects.toThrow(StoreError)
  await expect(memory.put(use('a'))).rejects.toThrow(`${memoryPath}-wal is gone`)
  for (const name of [path, memoryPath]) renameSync(`${name}-away`, `${name}-wal`)
  expect(await records.consume('Code', 'a')).toBe(true)
  expect(await memory.put(use('a'))).toBe('recorded')
})

describe('bytes of the file have changed', () => {
  /** All of its pages but the first, which has the schema. */
  function damage(path: string): void {
    const opened = openSync(path, 'r+')
    for (let at = 4_096; at < statSync(path).size; at += 256) writeSync(opened, 'spoilt', at)
    closeSync(opened)
  }

  test('before it is opened: refused by name', async () => {
    const [path, memoryPath] = [file(), file()]
    const [records, memory] = [new RecordsInSqlite(path), new ReplayMemoryInSqlite(memoryPath)]
    await Promise.all(Array.from({ length: 100 }, (_, n) => records.add(code(String(n)))))
    await Promise.all(Array.from({ length: 100 }, (_, n) => memory.put(use(String(n)))))
    await Promise.all([records.close(), memory.close()])
    for (const name of [path, memoryPath]) damage(name)
    for (const open of [
      () => new RecordsInSqlite(path),
      () => new ReplayMemoryInSqlite(memoryPath),
    ])
      expect(open).toThrow(StoreError)
    expect(() => new RecordsInSqlite(path)).toThrow(path)
  })

  test('of one record, later: refused, and nothing of it is told', async () => {
    const path = file()
    const records = new RecordsInSqlite(path)
    await records.add(code('a'))
    await records.add(code('b'))
    const other = new DatabaseSync(path)
    other.exec(`UPDATE record SET payload = '{"secret":"ssh…' WHERE id = 'a'`)
    other.close()
    await expect(records.find('Code', 'a')).rejects.toThrow('a record of kind Code is damaged')
    await expect(records.list('Code')).rejects.toThrow(/^a record of kind Code is damaged$/)
    expect(await records.find('Code', 'b')).toMatchObject(code('b'))
  })
})
