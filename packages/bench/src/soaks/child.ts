/** Runs the module that it is told, sends what it found, and ends. */
import type { Measuring } from './in-child.ts'
import type { Findings } from './soak.ts'

const given: { readonly module: string; readonly rounds: number } = JSON.parse(
  process.argv[2] ?? '{}',
)
process.on('disconnect', () => process.exit())
const say = (text: string) => process.stderr.write(`${text}\n`)

async function found(): Promise<Findings> {
  try {
    const { measure }: Measuring = await import(given.module)
    return await measure(given.rounds, say)
  } catch (error) {
    return { table: [], broken: [String(Object(error).stack)] }
  }
}

process.send?.(await found(), () => process.exit())
