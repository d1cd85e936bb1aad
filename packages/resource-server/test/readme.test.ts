import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const read = (file: string) => readFileSync(join(import.meta.dirname, '..', file), 'utf8')
const shown = read('README.md').matchAll(/<!-- (examples\/\w+\.ts) -->\s+```ts\n(.*?)```/gs)

test('the examples in the README are those that run', () => {
  const examples = [...shown].map(([, file = '', code]) => [file, code] as const)
  expect(examples.map(([file]) => file)).toEqual(['examples/express.ts', 'examples/options.ts'])
  for (const [file, code] of examples) expect(code).toBe(read(file))
})
