/** What the configurations are made from. */
import { readFile } from 'node:fs/promises'
import type { Authority } from '@holdfast/ca'
import type { z } from 'zod'
import type { Addresses } from '../addresses.ts'
import type { KeyFor } from './registration.ts'

export interface Making {
  readonly authority: Authority
  readonly addresses: Addresses
  readonly newKey: KeyFor
  /** Base URL under which the suite's own browser and callbacks are reached. */
  readonly suite: string
  /** Where the configuration goes, and where the one of an earlier call is. */
  readonly file: string
}

/** Of an earlier call. A file that cannot be read as one of ours is none: it is replaced. */
export async function kept<T>(file: string, type: z.ZodType<T>): Promise<T | undefined> {
  try {
    return type.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return undefined
  }
}
