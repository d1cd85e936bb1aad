/** Drives plans through a running suite, one module after the other, and judges what came out. */
import { z } from 'zod'
import type { Written } from './configuration.ts'
import { sendClient } from './our-client.ts'
import { outcome } from './outcome.ts'
import type { LogEntry, Module, Suite } from './suite.ts'

export interface ModuleResult {
  readonly module: string
  /** PASSED, WARNING, REVIEW, SKIPPED, FAILED as the suite says, or what became of it instead. */
  readonly result: string
  readonly seconds: number
  /** What our client did, where it is tested: `stopped: …`. */
  readonly client?: string
  /** Conditions that failed or warned. */
  readonly conditions: readonly ConditionResult[]
  readonly ok: boolean
}

export interface ConditionResult {
  readonly condition: string
  readonly result: 'FAILURE' | 'WARNING'
  readonly message: string
  /** Of the specification, as the suite writes them: `PAR-2.2`, `FAPI2-SP-FINAL-5.3.2.1-11`. */
  readonly clauses: readonly string[]
  /** Why it is no surprise, where it is listed as none. */
  readonly expected?: string
}

export interface PlanResult {
  readonly label: string
  readonly plan: string
  /** Of the plan at the suite. */
  readonly id: string
  readonly modules: readonly ModuleResult[]
  readonly ok: boolean
}

/** Conditions that may fail or warn. A plan or module that is left out is any. */
export const expectations = z.array(
  z.strictObject({
    plan: z.string().optional(),
    module: z.string().optional(),
    condition: z.string(),
    why: z.string().min(1),
  }),
)

export type Expectation = z.infer<typeof expectations>[number]

interface Course {
  readonly expected: readonly Expectation[]
  /** Told of every module when it starts and when it ends. */
  readonly progress: (step: Progress) => void
  /** Seconds for which a module may run. */
  readonly patience: number
  /** Milliseconds between two looks at a module that runs. */
  readonly every: number
}

export interface Progress {
  readonly label: string
  readonly module: string
  readonly at: number
  readonly of: number
  readonly result?: ModuleResult
}

/** What a newer suite also wants to know, where it asks. */
const USUAL = { authorization_request_type: 'simple', grant_management: 'disabled' }

export async function runPlan(suite: Suite, written: Written, course: Course): Promise<PlanResult> {
  const { run, configuration } = written
  const asked = await suite.parameters(run.plan)
  const usual = Object.entries(USUAL).filter(([parameter]) => asked.has(parameter))
  const variant = { ...Object.fromEntries(usual), ...run.variant }
  const { id, modules } = await suite.createPlan(run.plan, variant, configuration)
  const results: ModuleResult[] = []
  for (const [index, module] of modules.entries()) {
    const step = {
      label: run.label,
      module: module.testModule,
      at: index + 1,
      of: modules.length,
    }
    course.progress(step)
    const result = await runModule(suite, { plan: id, written, module }, course)
    course.progress({ ...step, result })
    results.push(result)
  }
  return {
    label: run.label,
    plan: run.plan,
    id,
    modules: results,
    // A plan without modules has shown nothing.
    ok: results.length > 0 && results.every(({ ok }) => ok),
  }
}

interface Started {
  readonly plan: string
  readonly written: Written
  readonly module: Module
}

async function runModule(
  suite: Suite,
  { plan, written, module }: Started,
  { expected, patience, every }: Course,
): Promise<ModuleResult> {
  const start = performance.now()
  const id = await suite.startModule(plan, module)
  const { run, client } = written
  let did: string | undefined
  const result = await outcome(suite, id, {
    until: start + patience * 1_000,
    every,
    ...(client && {
      whenWaiting: async () => {
        did = await sendClient(suite, id, { run, client })
      },
    }),
  })
  const conditions = (await suite.log(id)).flatMap((entry) =>
    conditionOf(entry, (condition) =>
      expected.find(
        (one) =>
          one.condition === condition &&
          (one.module ?? module.testModule) === module.testModule &&
          (one.plan ?? run.label) === run.label,
      ),
    ),
  )
  return {
    module: module.testModule,
    result,
    seconds: (performance.now() - start) / 1_000,
    ...(did !== undefined && { client: did }),
    conditions,
    ok: GOOD.has(result) || (EXCUSABLE.has(result) && allExpected(conditions)),
  }
}

/** REVIEW: a person should look at a picture; the conditions held. */
const GOOD: ReadonlySet<string> = new Set(['PASSED', 'SKIPPED', 'REVIEW'])
const EXCUSABLE: ReadonlySet<string> = new Set(['WARNING', 'FAILED'])

const allExpected = (conditions: readonly ConditionResult[]): boolean =>
  conditions.length > 0 && conditions.every(({ expected }) => expected !== undefined)

function conditionOf(
  { src = '', msg = '', result, requirements = [] }: LogEntry,
  expectation: (condition: string) => Expectation | undefined,
): readonly ConditionResult[] {
  if (result !== 'FAILURE' && result !== 'WARNING') return []
  const why = expectation(src)?.why
  return [
    {
      condition: src,
      result,
      message: msg,
      clauses: requirements,
      ...(why !== undefined && { expected: why }),
    },
  ]
}
