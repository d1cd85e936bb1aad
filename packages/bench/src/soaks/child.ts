/** Runs the module that it is told, sends what it found, and ends. */
import type { Measuring } from './in-child.ts'

const given: { readonly module: string; readonly rounds: number } = JSON.parse(
  process.argv[2] ?? '{}',
)
process.on('disconnect', () => process.exit())
const { measure }: Measuring = await import(given.module)
const findings = await measure(given.rounds, (text) => process.stderr.write(`${text}\n`))
process.send?.(findings, () => process.exit())
