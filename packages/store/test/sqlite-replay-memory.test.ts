import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { ReplayMemoryInSqlite, StoreError } from '../src/index.ts'
import { racePuts } from './races.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-store-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0
const file = () => join(folder, `${(count += 1)}.sqlite`)

const START = 1_700_000_000_000
const use = (key: string) => ({ key, owner: 'jkt', until: START + 60_000 })
const at = (time: number, boot: string | undefined = 'boot') => ({
  now: () => time,
  boot: () => boot,
})

const source = JSON.stringify(new URL('../src/index.ts', import.meta.url).href)
const program = (path: string, body: string): string[] => [
  '--input-type=module',
  '--eval',
  `const { ReplayMemoryInSqlite } = await import(${source})
   const memory = new ReplayMemoryInSqlite(${JSON.stringify(path)})
   const use = (key) => ({ key, owner: 'jkt', until: Date.now() + 60_000 })
   ${body}`,
]

test('20 in parallel over two openings of one file: one is recorded', async () => {
  const path = file()
  const nodes = [new ReplayMemoryInSqlite(path), new ReplayMemoryInSqlite(path)]
  expect(nodes[0]!.generation).toBe(nodes[1]!.generation)
  await expect(racePuts(nodes)).resolves.toBeUndefined()
})

test('of 100 uses that four processes put, each is recorded once', async () => {
  const path = file()
  const body = `
   const recorded = []
   for (let n = 0; n < 100; n += 1) if (await memory.put(use(String(n))) === 'recorded') recorded.push(n)
   process.stdout.write(JSON.stringify(recorded))`
  const run = async (): Promise<number[]> =>
    JSON.parse((await promisify(execFile)(process.execPath, program(path, body))).stdout)
  const recorded = (await Promise.all([run(), run(), run(), run()])).flat()
  expect(recorded.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n))
})

test('kill -9 loses nothing, and is no new generation', async () => {
  const path = file()
  const before = new ReplayMemoryInSqlite(path)
  const body = `await memory.put(use('a')); process.kill(process.pid, 'SIGKILL')`
  expect(spawnSync(process.execPath, program(path, body)).signal).toBe('SIGKILL')
  const after = new ReplayMemoryInSqlite(path)
  expect(after.generation).toBe(before.generation)
  expect(await after.put({ ...use('a'), until: Date.now() + 60_000 })).toBe('seen')
})

test('another run of the system is another generation, complete from its first opening', async () => {
  const path = file()
  const before = new ReplayMemoryInSqlite(path, at(START, 'one'))
  await before.put(use('a'))
  const after = new ReplayMemoryInSqlite(path, at(START + 5_000, 'two'))
  expect(after.generation).not.toBe(before.generation)
  expect(after.since).toBe(START + 5_000)
  expect(await after.put({ ...use('b'), generation: before.generation })).toBe('new-generation')
  expect(await after.put(use('a'))).toBe('seen') // what was not lost still counts
  const second = new ReplayMemoryInSqlite(path, at(START + 6_000, 'two'))
  expect([second.generation, second.since]).toEqual([after.generation, after.since])
})

test('where nothing was used before, a new memory is complete from the beginning, and only a new one', async () => {
  const path = file()
  const open = (now: number, boot: string) =>
    new ReplayMemoryInSqlite(path, { ...at(now, boot), nothingUsedBefore: true })
  const first = open(START, 'boot')
  expect(first.since).toBe(0)
  await first.close()
  const again = open(START + 1_000, 'boot')
  expect(again.since).toBe(0)
  await again.close()
  const afterBoot = open(START + 2_000, 'another boot')
  expect(afterBoot.since).toBe(START + 2_000)
  await afterBoot.close()
})

test('where the system does not name its runs every opening is a generation, also for who is open', async () => {
  const path = file()
  const nowhere = { now: () => START, boot: () => undefined }
  const [one, two] = [
    new ReplayMemoryInSqlite(path, nowhere),
    new ReplayMemoryInSqlite(path, nowhere),
  ]
  const judgedBy = one.generation
  expect(judgedBy).not.toBe(two.generation)
  expect(await one.put(use('a'))).toBe('new-generation')
  expect(one.generation).toBe(two.generation)
  expect(await one.put(use('a'))).toBe('recorded')
  expect(await two.put(use('a'))).toBe('seen')
})

test('a file that was taken away is a new generation; who had it open accepts nothing', async () => {
  const path = file()
  const before = new ReplayMemoryInSqlite(path)
  for (const end of ['', '-wal', '-shm']) rmSync(path + end)
  await expect(before.put(use('a'))).rejects.toThrow(`${path} is gone`)
  const after = new ReplayMemoryInSqlite(path)
  expect(after.generation).not.toBe(before.generation)
  expect(await after.put(use('a'))).toBe('recorded')
  await expect(before.put(use('a'))).rejects.toThrow(StoreError)
  await expect(before.look()).rejects.toThrow(StoreError)
})

test('a clock that steps back behind what was swept is a new generation, complete from there', async () => {
  const path = file()
  const clock = { time: START }
  const memory = new ReplayMemoryInSqlite(path, { now: () => clock.time, boot: () => 'boot' })
  const { generation } = memory
  await memory.put(use('a'))
  clock.time = START + 70_000
  expect(await memory.sweep()).toBe(1)
  clock.time = START + 69_000
  expect(await memory.put({ ...use('b'), until: START + 100_000 })).toBe('recorded')
  clock.time = START + 1
  expect(await memory.put(use('a'))).toBe('new-generation')
  expect(memory.generation).not.toBe(generation)
  expect(memory.since).toBe(START + 70_000)
  expect(await memory.put(use('a'))).toBe('recorded')
  expect(await memory.put(use('a'))).toBe('seen')
})

test('and so it is when the step was made while nothing ran', async () => {
  const path = file()
  const memory = new ReplayMemoryInSqlite(path, at(START + 70_000))
  await memory.put({ ...use('a'), until: START + 70_000 })
  const later = new ReplayMemoryInSqlite(path, at(START + 80_000))
  expect(await later.sweep()).toBe(1)
  const behind = new ReplayMemoryInSqlite(path, at(START, 'another'))
  expect(behind.since).toBe(START + 80_000)
})

test('sweeps what has ended, and only that', async () => {
  const path = file()
  const memory = new ReplayMemoryInSqlite(path, at(START))
  await memory.put({ ...use('short'), until: START + 1 })
  await memory.put(use('long'))
  const later = new ReplayMemoryInSqlite(path, at(START + 2))
  expect(await later.sweep()).toBe(1)
  expect(await later.put(use('long'))).toBe('seen')
})

test.each([
  ['that lacks a table', 'DROP TABLE life'],
  [
    'that cannot be written',
    `CREATE TRIGGER no BEFORE INSERT ON life BEGIN SELECT RAISE(FAIL, 'no room'); END`,
  ],
])('a database %s is refused by its name', async (_what, spoil) => {
  const path = file()
  await new ReplayMemoryInSqlite(path, at(START)).close()
  const database = new DatabaseSync(path)
  database.exec(`DELETE FROM life; ${spoil}`)
  database.close()
  const open = () => new ReplayMemoryInSqlite(path, at(START))
  expect(open).toThrow(StoreError)
  expect(open).toThrow(`${path}: `)
})

test('a file that is no database is refused, and only its owner can read one', () => {
  const path = file()
  writeFileSync(path, 'somebody’s shopping list, long enough to look like a page\n'.repeat(20))
  expect(() => new ReplayMemoryInSqlite(path)).toThrow(StoreError)
  const good = file()
  const memory = new ReplayMemoryInSqlite(good)
  expect(statSync(good).mode & 0o777).toBe(0o600)
  return memory.close()
})
