import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Engine } from './authorization-server/engines.ts'
import { endAll } from './processes.ts'
import { CannotRun } from './cannot-run.ts'
import type { Soak } from './soak.ts'
import { table } from './table.ts'

/** No soak takes longer; one that does is stuck. */
const LONGEST = 60 * 60_000

/** @returns the exit code */
export async function command(args: readonly string[], soaks: readonly Soak[]): Promise<number> {
  const program = new Command('soak')
    .description('Puts a promise of a server to the test, for long. Without a name: lists them.')
    .helpCommand(false)
    .exitOverride()
    .action(() => void process.stdout.write(listed(soaks)))
  let code = 0
  for (const soak of soaks) {
    const one = program
      .command(soak.name)
      .description(soak.shows)
      .option('--rounds <number>', soak.counts, positive, soak.rounds)
      .option('--json <file>', 'write the figures')
      .action(async (options: Options) => {
        code = await run(soak, options)
      })
    if (soak.engines)
      one.addOption(
        new Option('--engine <name>', 'the store').choices(soak.engines).default(soak.engines[0]),
      )
  }
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof Error && 'exitCode' in error) return error.exitCode === 0 ? 0 : 2
    tell(error instanceof CannotRun ? error.message : String(Object(error).stack))
    return error instanceof CannotRun ? 2 : 1
  } finally {
    endAll()
  }
}

interface Options {
  readonly rounds: number
  readonly engine?: Engine
  readonly json?: string
}

function positive(text: string): number {
  const value = Number(text)
  if (!(Number.isInteger(value) && value > 0 && value <= 1e9))
    throw new InvalidArgumentError('It is a whole number from 1.')
  return value
}

async function run(soak: Soak, { rounds, json, engine = 'sqlite' }: Options): Promise<number> {
  const began = performance.now()
  const stop = (code: number, why: string) => () => {
    tell(why)
    process.exit(code) // what was started is ended by the listener of 'exit'
  }
  const stuck = setTimeout(stop(1, 'broken: not done within an hour'), LONGEST)
  const interrupted = stop(130, 'interrupted')
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted)
  try {
    const { table: lines, broken } = await soak.run(rounds, tell, engine)
    const seconds = Math.round((performance.now() - began) / 100) / 10
    process.stdout.write(`${table(lines)}\n`)
    for (const what of broken) tell(`broken: ${what}`)
    tell(`${soak.name}: ${broken.length > 0 ? 'BROKEN' : 'kept'}, in ${seconds} s`)
    const machine = { cpu: cpus()[0]?.model, cpus: cpus().length, load: loadavg() }
    const on = soak.engines && { engine }
    const about = { soak: soak.name, ...on, rounds, seconds, at: new Date().toISOString() }
    const node = process.version
    const figures = { ...about, node, machine, table: lines, broken }
    if (json !== undefined) await writeFile(json, `${JSON.stringify(figures, null, 2)}\n`)
    return broken.length > 0 ? 1 : 0
  } finally {
    clearTimeout(stuck)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupted)
  }
}

const listed = (soaks: readonly Soak[]): string =>
  soaks
    .map(({ name, shows, counts, rounds }) => {
      return `${name}\n  ${shows}\n  --rounds: ${counts} (${rounds.toLocaleString('en')})\n`
    })
    .join('\n')

function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}
