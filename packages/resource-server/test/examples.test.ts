/** The examples are programs: each runs in a process of its own, against a real issuer. */
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { examine } from './examples-run.ts'
import { EXAMPLES, startRealIssuer } from './examples.ts'

const issuer = await startRealIssuer()
afterAll(() => issuer.close())

test.for(EXAMPLES)('%s', async (name) => {
  const file = join(import.meta.dirname, `../examples/${name}.ts`)
  expect(await examine({ node: process.execPath, file }, issuer)).toBe('')
})
