/**
 * `pnpm bench rs`. Exit codes: 0 measured, 1 a target did not do what it is measured for, 2 the
 * command is wrong, 130 interrupted.
 */
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { BenchError } from './error.ts'
import { find } from './machine.ts'
import { measure } from './measure.ts'
import { chart } from './report/chart.ts'
import { rowsOf } from './report/rows.ts'
import { table } from './report/table.ts'
import { TARGETS } from './targets.ts'

interface Options {
  readonly seconds: number
  readonly rounds: number
  readonly clients: number
  readonly connections: number
  readonly per: 'second' | 'cpu-second'
  readonly only?: readonly string[]
  readonly json?: string
  readonly svg?: string
}

const between = (least: number, most: number, whole: boolean) => (text: string) => {
  const value = Number(text)
  if (!(value >= least && value <= most) || (whole && !Number.isInteger(value)))
    throw new InvalidArgumentError(`It is ${least} to ${most}.`)
  return value
}

function names(text: string): readonly string[] {
  const given = text.split(',')
  const wrong = given.find((name) => TARGETS.every((target) => target.name !== name))
  if (wrong !== undefined) throw new InvalidArgumentError(`There is no ${wrong}.`)
  return given
}

const program = new Command('bench')
  .description('Side-by-side measurements. What they say and what not: packages/bench/README.md')
  .helpCommand(false)
  .exitOverride()
program
  .command('rs')
  .description('how many requests a resource server checks on one core, beside its peers')
  .option('--seconds <number>', 'load of one target in one round', between(0.1, 20, false), 3)
  .option('--rounds <number>', 'how often each is measured', between(1, 100, true), 5)
  .option('--clients <number>', 'keys and tokens that take turns', between(2, 100_000, true), 50)
  .option('--connections <number>', 'kept open during the load', between(1, 1000, true), 50)
  .option('--only <names>', 'some targets, separated by commas', names)
  .addOption(
    new Option('--per <what>', 'compare by')
      .choices(['second', 'cpu-second'] as const)
      .default('second'),
  )
  .option('--json <file>', 'write the figures as JSON, every round of them')
  .option('--svg <file>', 'write a bar chart')
  .addHelpText('after', `\nTargets: ${TARGETS.map(({ name }) => name).join(', ')}`)
  .action(rs)

async function rs(options: Options): Promise<void> {
  const { only, per, json, svg, ...settings } = options
  const interrupt = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort())
  const { signal } = interrupt
  const targets = TARGETS.filter(({ name }) => only?.includes(name) ?? true)
  if (!find('taskset')) tell('taskset is not installed: servers and load share the cores')
  const outcomes = await measure(targets, { ...settings, signal, progress: tell })
  const rows = rowsOf(outcomes, per === 'second' ? 'perSecond' : 'perCpuSecond')
  process.stdout.write(`${table(rows)}\n`)
  const machine = { cpu: cpus()[0]?.model, node: process.version, at: new Date().toISOString() }
  const rounds = Object.fromEntries(
    outcomes.flatMap((one) => ('rounds' in one ? [[one.target.name, one.rounds]] : [])),
  )
  if (json)
    await writeFile(json, `${JSON.stringify({ machine, settings, per, rows, rounds }, null, 2)}\n`)
  const caption = `${machine.cpu}, Node ${machine.node}, ${settings.clients} clients`
  if (svg) await writeFile(svg, chart(rows, caption))
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCode(error)
}

function exitCode(error: unknown): number {
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('commander.'))
    return 'exitCode' in error && error.exitCode === 0 ? 0 : 2
  if (error instanceof Error && error.name === 'AbortError') return 130
  tell(`bench: ${error instanceof BenchError ? error.message : String(Object(error).stack)}`)
  return 1
}
