import { readFile } from 'node:fs/promises'
import { codeOf, UsageError } from './errors.ts'

/** A file that somebody has named, or that an earlier step was to leave. @throws UsageError */
export async function readTextFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new UsageError(`${file} cannot be read (${codeOf(error)})`)
  }
}
