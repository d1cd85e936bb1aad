import { randomUUID } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { codeOf, UsageError } from './errors.ts'

/** A file that somebody has named, or that an earlier step was to leave. @throws UsageError */
export async function readTextFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new UsageError(`${file} cannot be read (${codeOf(error)})`)
  }
}

/**
 * Something secret: all of it or nothing, and readable by its owner only, whatever file or link of
 * this name was there before.
 */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}`
  await writeFile(temporary, text, { mode: 0o600, flag: 'wx' })
  await rename(temporary, file)
}
