/** What is installed has the doors of the workspace, but for those that only the lab may use. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const OURS_ALONE = new Set(['./rows-out', './api', './test-servers'])

test.for(['sender-constraint', 'store', 'trace', 'resource-server'])('%s', (name) => {
  const file = join(import.meta.dirname, '../..', name, 'package.json')
  const { exports, publishConfig, files } = Object(JSON.parse(readFileSync(file, 'utf8')))
  const packed = Object.entries<string>(exports)
    .filter(([door]) => !OURS_ALONE.has(door))
    .map(([door, source]) => {
      const built = source.replace('./src/', './dist/').replace(/\.ts$/, '')
      return [door, { types: `${built}.d.ts`, default: `${built}.js` }]
    })
  expect(publishConfig.exports).toEqual(Object.fromEntries(packed))
  expect(files?.slice(0, 2)).toEqual(['dist', 'src'])
})
