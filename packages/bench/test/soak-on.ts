import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Engine } from '../src/soaks/authorization-server/engines.ts'

const SOAK = fileURLToPath(new URL('../src/soak.ts', import.meta.url))

/** Runs one soak of the authorization server as `pnpm soak` does. */
export function soakOn(engine: Engine, name: string, rounds: number) {
  const { promise, resolve } = Promise.withResolvers<{ code: number; told: string }>()
  const args = [SOAK, name, '--engine', engine, '--rounds', String(rounds)]
  execFile(process.execPath, args, (error, stdout, stderr) =>
    resolve({ code: error ? Number(error.code) : 0, told: stdout + stderr }),
  )
  return promise
}
