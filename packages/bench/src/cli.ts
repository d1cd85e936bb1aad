/**
 * `pnpm bench rs` and `pnpm bench as`. Exit codes: 0 measured, 1 a target did not do what it is measured for, 2 the
 * command is wrong, 130 interrupted.
 */
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { Command, InvalidArgumentError, Option } from 'commander'
import { rowsOf as asRowsOf, told } from './as/report.ts'
import { TARGETS as AS_TARGETS } from './as/targets.ts'
import type { Target } from './bench.ts'
import { BenchError } from './error.ts'
import { find, toLoadCore } from './machine.ts'
import { measure, type Outcome } from './measure.ts'
import { chart } from './report/chart.ts'
import { rowsOf } from './report/rows.ts'
import { table } from './report/table.ts'
import { endAll } from './soaks/processes.ts'
import { TARGETS } from './targets.ts'

interface Options {
  readonly seconds: number
  readonly rounds: number
  /** Of resource servers. */
  readonly clients?: number
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

const namesOf =
  (targets: readonly Target[]) =>
  (text: string): readonly string[] => {
    const given = text.split(',')
    const wrong = given.find((name) => targets.every((target) => target.name !== name))
    if (wrong !== undefined) throw new InvalidArgumentError(`There is no ${wrong}.`)
    return given
  }

const program = new Command('bench')
  .description('Side-by-side measurements. What they say and what not: packages/bench/README.md')
  .helpCommand(false)
  .exitOverride()

/** @param usual connections, unless the command says otherwise */
const command = (what: string, targets: readonly Target[], usual: number): Command =>
  program
    .command(what)
    .option('--seconds <number>', 'load of one target in one round', between(0.1, 20, false), 3)
    .option('--rounds <number>', 'how often each is measured', between(1, 100, true), 5)
    .option('--connections <number>', 'kept open during the load', between(1, 1000, true), usual)
    .option('--only <names>', 'some targets, separated by commas', namesOf(targets))
    .addOption(
      new Option('--per <figure>', 'compare by')
        .choices(['second', 'cpu-second'] as const)
        .default('second'),
    )
    .option('--json <file>', 'write the figures as JSON, every round of them')
    .option('--svg <file>', 'write a bar chart')
    .addHelpText('after', `\nTargets: ${targets.map(({ name }) => name).join(', ')}`)

command('rs', TARGETS, 50)
  .description('how many requests a resource server checks on one core, beside its peers')
  .option('--clients <number>', 'keys and tokens that take turns', between(2, 100_000, true), 50)
  .action((options: Options) =>
    run(TARGETS, options, (outcomes, by) => {
      const rows = rowsOf(outcomes, by)
      return { rows, text: table(rows) }
    }),
  )

command('as', AS_TARGETS, 16)
  .description(
    'how many exchanges an authorization server serves on one core, beside the stock one',
  )
  .action((options: Options) => {
    toLoadCore()
    return run(AS_TARGETS, options, (outcomes, by) => {
      const rows = asRowsOf(outcomes, by)
      return { rows, text: told(rows) }
    })
  })

type Report = (
  outcomes: readonly Outcome[],
  by: 'perSecond' | 'perCpuSecond',
) => { readonly rows: Parameters<typeof chart>[0]; readonly text: string }

async function run(targets: readonly Target[], options: Options, report: Report): Promise<void> {
  const { only, per, json, svg, clients = 2, ...settings } = options
  const interrupt = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort())
  const { signal } = interrupt
  const chosen = targets.filter(({ name }) => only?.includes(name) ?? true)
  if (!find('taskset')) tell('taskset is not installed: servers and load share the cores')
  const outcomes = await measure(chosen, { ...settings, clients, signal, progress: tell })
  const { rows, text } = report(outcomes, per === 'second' ? 'perSecond' : 'perCpuSecond')
  process.stdout.write(`${text}\n`)
  const machine = { cpu: cpus()[0]?.model, node: process.version, at: new Date().toISOString() }
  const rounds = Object.fromEntries(
    outcomes.flatMap((one) => ('rounds' in one ? [[one.target.name, one.rounds]] : [])),
  )
  const about = { machine, settings: { ...settings, clients }, per }
  if (json) await writeFile(json, `${JSON.stringify({ ...about, rows, rounds }, null, 2)}\n`)
  const caption = `${machine.cpu}, Node ${machine.node}, ${settings.connections} connections`
  if (svg) await writeFile(svg, chart(rows, caption))
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCode(error)
} finally {
  endAll()
}

function exitCode(error: unknown): number {
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('commander.'))
    return 'exitCode' in error && error.exitCode === 0 ? 0 : 2
  if (error instanceof Error && error.name === 'AbortError') return 130
  tell(`bench: ${error instanceof BenchError ? error.message : String(Object(error).stack)}`)
  return 1
}
