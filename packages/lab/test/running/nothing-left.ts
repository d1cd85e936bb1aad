import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { expect } from 'vitest'
import type { Place } from '../program.ts'

/** A command with a lab of its own has been here. */
export async function expectNothingLeft(place: Place): Promise<void> {
  expect(await readdir(place.temporary)).toEqual([])
  expect([existsSync(place.certs), existsSync(place.state)]).toEqual([false, false])
}
