import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Engine } from '../src/soaks/authorization-server/engines.ts'

const SOAK = fileURLToPath(new URL('../src/soak.ts', import.meta.url))

/** Runs one soak of the authorization server as `pnpm soak` does. */
export function soakOn(name: string, { engine, rounds }: { engine?: Engine; rounds: number }) {
  const { promise, resolve } = Promise.withResolvers<{ code: number; told: string }>()
  const on = engine === undefined ? [] : ['--engine', engine]
  const args = [SOAK, name, ...on, '--rounds', String(rounds)]
  execFile(process.execPath, args, (error, stdout, stderr) =>
    resolve({ code: error ? Number(error.code) : 0, told: stdout + stderr }),
  )
  return promise
}
