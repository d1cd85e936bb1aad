/** Which errors are the machine's, and told in a sentence. */
import { rm, writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StoreError } from '@holdfast/store'
import { afterEach, expect, test, vi } from 'vitest'
import { tellTold } from '../../src/errors.ts'

afterEach(() => vi.restoreAllMocks())

function told(error: unknown): string | undefined {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  return tellTold(error) ? String(write.mock.lastCall?.[0]) : undefined
}

const REMEDY = 'make room, or choose other folders by --state and --certs\n'

function fillDatabase(): unknown {
  const database = new DatabaseSync(':memory:')
  try {
    database.exec('PRAGMA max_page_count = 1; CREATE TABLE one (x)')
    return undefined
  } catch (error) {
    return error
  } finally {
    database.close()
  }
}

test('a database that cannot grow', () => {
  const error = fillDatabase()
  expect(told(error)).toBe(`holdfast: database or disk is full; ${REMEDY}`)
  const named = new StoreError('/a/records.sqlite: database or disk is full', { cause: error })
  expect(told(named)).toBe(`holdfast: ${named.message}; ${REMEDY}`)
})

test.runIf(process.platform === 'linux')('a disk without room', async () => {
  const error: unknown = await writeFile('/dev/full', 'x').catch((reason: unknown) => reason)
  expect(told(error)).toBe(`holdfast: ENOSPC: no space left on device, write; ${REMEDY}`)
})

test('a file that cannot be used has its path and no such remedy', async () => {
  const path = join(tmpdir(), 'test-of-holdfast-not-there')
  const error: unknown = await rm(path).catch((reason: unknown) => reason)
  expect(told(error)).toMatch(/^holdfast: ENOENT: .*test-of-holdfast-not-there'\n$/)
})

test('a defect of ours is not one of these', () => {
  expect(told(new TypeError('x is not a function'))).toBeUndefined()
  expect(told(new Error('full', { cause: new Error('of something') }))).toBeUndefined()
})
