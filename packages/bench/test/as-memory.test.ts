import { expect, test } from 'vitest'
import { find } from '../src/machine.ts'
import { soakOn } from './soak-on.ts'

// A few hundred say nothing about memory; they say that it is measured.
test.runIf(find('openssl'))('as-memory on SQLite', { timeout: 120_000 }, async () => {
  const { code, told } = await soakOn('as-memory', { engine: 'sqlite', rounds: 400 })
  expect(told).toMatch(/^\| tokens \| sqlite \| +400 \|/m)
  expect(told).toMatch(/^\| grants \| sqlite \| +10 \|/m)
  expect(code).toBe(0)
})
