/** The results as JUnit's XML, for programs, and as one page of HTML, for people. */
import { Markup, markup } from './markup.ts'
import type { ConditionResult, ModuleResult, PlanResult } from './run.ts'

export const toJunit = (plans: readonly PlanResult[]): string =>
  markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>${plans.map(suiteOf)}
</testsuites>
`.text

const suiteOf = ({ label, modules }: PlanResult): Markup => markup`
  <testsuite name="${label}" tests="${modules.length}" failures="${countOf(modules)}" time="${total(modules)}">${modules.map(caseOf(label))}
  </testsuite>`

const countOf = (modules: readonly ModuleResult[]): number => modules.filter(({ ok }) => !ok).length

const total = (modules: readonly ModuleResult[]): string =>
  modules.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(1)

const caseOf =
  (label: string) =>
  (one: ModuleResult): Markup =>
    markup`
    <testcase classname="${label}" name="${one.module}" time="${one.seconds.toFixed(1)}">${
      one.ok ? (one.result === 'SKIPPED' ? SKIPPED : []) : failureOf(one)
    }</testcase>`

const SKIPPED = markup`<skipped/>`

const failureOf = (one: ModuleResult): Markup =>
  markup`<failure message="${one.result}">${linesOf(one).join('\n')}</failure>`

const linesOf = ({ client, conditions }: ModuleResult): readonly string[] => [
  ...(client === undefined ? [] : [clientLine(client)]),
  ...conditions.map(lineOf),
]

export const clientLine = (did: string): string => `our client ${did}`

/** One condition in a line: what, which clause, why it is no surprise. */
export const lineOf = ({
  condition,
  result,
  message,
  clauses,
  expected,
}: ConditionResult): string =>
  [
    `${result} ${condition}`,
    clauses.length > 0 ? ` (${clauses.join(', ')})` : '',
    `: ${message}`,
    expected === undefined ? '' : ` [expected: ${expected}]`,
  ].join('')

export const toHtml = (plans: readonly PlanResult[]): string =>
  markup`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Conformance – Holdfast</title>
<style>${new Markup(STYLE)}</style>
<h1>Conformance</h1>
<table>
<tr><th>Plan</th><th>Modules</th><th>Passed</th><th>Not as expected</th></tr>
${plans.map(summaryOf)}
</table>
${plans.map(sectionOf)}
</html>
`.text

const STYLE = `
:root { color-scheme: light dark }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #8886 }
.bad { color: light-dark(#b3261e, #ff9d94); font-weight: 600 } code { overflow-wrap: anywhere }
`

const summaryOf = ({ label, modules, ok }: PlanResult): Markup =>
  markup`<tr class="${ok ? 'good' : 'bad'}"><td><a href="#${label}">${label}</a></td><td>${modules.length}</td><td>${modules.filter(({ result }) => result === 'PASSED').length}</td><td>${countOf(modules)}</td></tr>
`

const sectionOf = ({ label, plan, id, modules }: PlanResult): Markup => markup`
<h2 id="${label}">${label}</h2>
<p><code>${plan}</code>, plan ${id}</p>
<table>
<tr><th>Module</th><th>Result</th><th>Seconds</th><th>Conditions</th></tr>
${modules.map(rowOf)}
</table>
`

const rowOf = (one: ModuleResult): Markup =>
  markup`<tr class="${one.ok ? 'good' : 'bad'}"><td><code>${one.module}</code></td><td>${one.result}</td><td>${one.seconds.toFixed(1)}</td><td>${linesOf(one).map((line) => markup`${line}<br>`)}</td></tr>
`
