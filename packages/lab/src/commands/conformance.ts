/** `scripts/lab conformance …`: the lab before the OpenID Foundation's conformance suite. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import type { Attached } from '../attach.ts'
import type { Written } from '../conformance/configuration.ts'
import { type PlanRun, PLAN_RUNS, planRuns } from '../conformance/plans.ts'
import { clientLine, lineOf, toHtml, toJunit } from '../conformance/reports.ts'
import {
  type Expectation,
  expectations,
  type PlanResult,
  type Progress,
  runPlan,
} from '../conformance/run.ts'
import { Suite } from '../conformance/suite.ts'
import { codeOf, UsageError } from '../errors.ts'
import {
  bad,
  bold,
  column,
  dim,
  printJson,
  type Tell,
  tick,
  toNobody,
  toPeople,
} from '../tell/terminal.ts'
import { json, withLab } from './global.ts'

interface ConfigOptions {
  readonly suite: string
  readonly plan?: string
  readonly out?: string
  readonly json?: true
}

interface RunOptions extends ConfigOptions {
  readonly callbacks?: string
  readonly token?: string
  readonly ca?: string
  readonly expected: string
  readonly junit?: string
  readonly html?: string
  readonly patience: number
}

const EXPECTED = join(import.meta.dirname, '../conformance/expected.json')
/** Where the suite's own compose file puts it. */
const LOCAL_SUITE = 'https://localhost.emobix.co.uk:8443'
/** Milliseconds between two looks at a module. */
const EVERY = 1_000
const WIDTH = 45

export function define(command: Command): void {
  command.helpCommand(false)
  const plan = new Option('--plan <name>', 'a plan, or the beginning of its name (default: all)')
  const out = new Option(
    '--out <folder>',
    'where configurations go (default: conformance in the state folder)',
  )
  const suite = (sentence: string) => new Option('--suite <url>', sentence).argParser(suiteUrl)

  command
    .command('plans')
    .description('list the plans and their variants')
    .addOption(json)
    .action(listPlans)

  command
    .command('config')
    .description(
      'write the JSON of each plan; its clients are made, and known to the lab that is up',
    )
    .addOption(suite('base URL of the suite').default(LOCAL_SUITE))
    .addOption(plan)
    .addOption(out)
    .addOption(json)
    .action(config)

  command
    .command('run')
    .description('drive a running suite through the plans; the exit code tells')
    .addOption(suite('base URL of the suite').makeOptionMandatory())
    .addOption(
      new Option('--callbacks <url>', 'base URL of its callbacks (default: the suite’s)').argParser(
        suiteUrl,
      ),
    )
    .option('--token <file>', 'bearer token of its REST interface (none in development mode)')
    .option('--ca <file>', 'the certificate that it shows, in PEM')
    .addOption(plan)
    .addOption(out)
    .option('--expected <file>', 'conditions that may fail or warn, and why', EXPECTED)
    .option('--junit <file>', 'write the results as JUnit XML')
    .option('--html <file>', 'write the results as a page')
    .addOption(
      new Option('--patience <seconds>', 'how long a module may run')
        .argParser(seconds)
        .default(300),
    )
    .addOption(json)
    .action(run)
}

function listPlans(options: { json?: true }): void {
  if (options.json) return printJson(PLAN_RUNS)
  for (const { label, plan, variant } of PLAN_RUNS) {
    const parameters = Object.entries(variant).map(([name, value]) => `[${name}=${value}]`)
    toPeople(`${column(label, WIDTH)}${dim(plan + parameters.join(''))}`)
  }
}

async function config(options: ConfigOptions, command: Command): Promise<void> {
  await withLab(command, async (lab) => {
    const written = await configure(lab, chosen(options.plan), options)
    if (options.json) printJson(written.map((one) => ({ ...one.run, file: one.file })))
    else for (const one of written) toPeople(`${column(one.run.label, WIDTH)}${dim(one.file)}`)
  })
}

async function run(options: RunOptions, command: Command): Promise<void> {
  const runs = chosen(options.plan)
  const expected = await readExpected(options.expected)
  const tell = options.json ? toNobody : toPeople
  const suite = await Suite.open({
    url: options.suite,
    ...(options.token !== undefined && { tokenFile: options.token }),
    ...(options.ca !== undefined && { ca: options.ca }),
  })
  try {
    await withLab(command, async (lab) => {
      const callbacks = options.callbacks ?? options.suite
      const results: PlanResult[] = []
      for (const written of await configure(lab, runs, { ...options, suite: callbacks }))
        results.push(
          await runPlan(suite, written, {
            expected,
            patience: options.patience,
            every: EVERY,
            progress: (step) => tellProgress(step, tell),
          }),
        )
      await report(results, options, tell)
    })
  } finally {
    await suite.close()
  }
}

/** @throws UsageError for a private lab: it would be gone before the suite could reach it */
async function configure(
  lab: Attached,
  runs: readonly PlanRun[],
  { suite, out }: Pick<ConfigOptions, 'suite' | 'out'>,
): Promise<readonly Written[]> {
  if (lab.isPrivate)
    throw new UsageError('no lab is up; start one with scripts/lab --host NAME --listen ADDRESS')
  const folder = out ?? join(lab.folders.state, 'conformance')
  const { writeConfigurations } = await import('../conformance/configuration.ts')
  return writeConfigurations(lab, runs, { suite, folder })
}

function chosen(name: string | undefined): readonly PlanRun[] {
  const runs = planRuns(name)
  if (runs.length > 0) return runs
  const labels = PLAN_RUNS.map(({ label }) => label).join(', ')
  throw new UsageError(`there is no plan ${JSON.stringify(name)}; there are ${labels}`)
}

/** @throws UsageError */
async function readExpected(file: string): Promise<readonly Expectation[]> {
  try {
    return expectations.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    throw new UsageError(
      `${file} cannot be read as a list of conditions (${codeOf(error) ?? 'each has condition and why, maybe plan and module'})`,
    )
  }
}

function tellProgress({ label, module, at, of, result }: Progress, tell: Tell): void {
  if (!result) {
    if (at === 1) tell(bold(`\n${label}`))
    return
  }
  const place = `${String(at).padStart(String(of).length)}/${of}`
  tell(`${tick(result.ok)} ${dim(place)} ${column(result.result, 8)} ${module}`)
  if (result.client !== undefined) tell(dim(`    ${clientLine(result.client)}`))
  for (const condition of result.conditions) {
    const line = `    ${lineOf(condition)}`
    tell(condition.expected === undefined ? bad(line) : dim(line))
  }
}

async function report(
  results: readonly PlanResult[],
  { junit, html, json: asJson }: RunOptions,
  tell: Tell,
): Promise<void> {
  if (junit !== undefined) await write(junit, toJunit(results))
  if (html !== undefined) await write(html, toHtml(results))
  tell()
  for (const { label, modules, ok } of results) {
    const good = modules.filter((module) => module.ok).length
    tell(
      `${tick(ok)} ${column(label, WIDTH)}${good} of ${modules.length} modules as they should be`,
    )
  }
  const ok = results.every((result) => result.ok)
  if (asJson) printJson({ ok, plans: results })
  process.exitCode = ok ? 0 : 1
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (error) {
    throw new UsageError(`${file} cannot be written (${codeOf(error)})`)
  }
}

function suiteUrl(value: string): string {
  const url = URL.parse(value)
  if (url?.protocol !== 'https:' || url.search !== '' || url.hash !== '')
    throw new UsageError(`${JSON.stringify(value)} is no https URL without query`)
  return value.replace(/\/+$/, '')
}

function seconds(value: string): number {
  const number = Number(value)
  if (!(number >= 1 && number <= 86_400))
    throw new UsageError(`--patience ${value}: seconds from 1 to 86400`)
  return number
}
