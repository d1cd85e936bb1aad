import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writePrivateFile } from '../../src/text-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-text-file-'))
})
afterAll(() => rm(folder, { recursive: true }))

test.each<[what: string, prepare: (file: string, other: string) => Promise<void>]>([
  ['nothing', async () => {}],
  ['a file that everybody reads', (file) => writeFile(file, 'x', { mode: 0o644 })],
  ['a link to a file of somebody else', (file, other) => symlink(other, file)],
])('a secret is for its owner only where there was %s', async (what, prepare) => {
  const [file, other] = [join(folder, what), join(folder, 'other')]
  await writeFile(other, 'theirs')
  await prepare(file, other)
  await writePrivateFile(file, 'secret')
  expect([await readFile(file, 'utf8'), (await stat(file)).mode & 0o777]).toEqual(['secret', 0o600])
  expect(await readFile(other, 'utf8')).toBe('theirs')
  expect((await readdir(folder)).filter((name) => name.startsWith(`${what}.`))).toEqual([])
})
