import { expect, test } from 'vitest'
import type { Measurement, Target } from '../../src/bench.ts'
import { chart } from '../../src/report/chart.ts'
import { rowsOf } from '../../src/report/rows.ts'
import { table } from '../../src/report/table.ts'

const target = (name: string, more: Partial<Target> = {}): Target => ({
  name,
  title: `the target ${name}`,
  start: () => Promise.reject(new Error('not here')),
  ...more,
})
const rates = (...perSecond: readonly number[]): readonly Measurement[] =>
  perSecond.map((value) => ({ perSecond: value, perCpuSecond: 2000, p50: 5, p99: 20 }))

const OUTCOMES = [
  { target: target('raw'), rounds: [{ perSecond: 4000 }, { perSecond: 4000 }] },
  { target: target('bare-koa'), rounds: rates(2000, 1990) },
  {
    target: target('koa', { bare: 'bare-koa' }),
    rounds: rates(1900, 1800),
    refusesReplay: true,
  },
  { target: target('express-oauth2-jwt-bearer'), rounds: rates(500, 400), refusesReplay: false },
  { target: target('mod_oauth2'), leftOut: 'apache2 is not installed' },
]

test('each target is compared with those of the same run, and with itself without the check', () => {
  const [, , koa, express] = rowsOf(OUTCOMES)
  expect(koa).toMatchObject({
    perSecond: { min: 1800, median: 1850, max: 1900 },
    times: { express: (1900 / 500 + 1800 / 400) / 2, raw: (1900 / 4000 + 1800 / 4000) / 2 },
    replayStore: true,
  })
  expect(koa?.times?.bare).toBeCloseTo(0.927, 3)
  expect(koa?.times).not.toHaveProperty('modOauth2')
  expect(express?.times).not.toHaveProperty('express')
})

test('compared by processor time, what is as expensive is as fast', () => {
  const [, , koa] = rowsOf(OUTCOMES, 'perCpuSecond')
  expect(koa?.times).toEqual({ express: 1, bare: 1 }) // none to raw, whose time is not known here
})

test('the table has a line for each target, and says what was left out', () => {
  const text = table(rowsOf(OUTCOMES))
  const line = (name: string) => text.split('\n').find((each) => each.includes(`target ${name} `))
  expect(
    line('koa')
      ?.split('|')
      .map((cell) => cell.trim()),
  ).toEqual(
    // oxfmt-ignore
    ['', 'the target koa', '1,850', '1,800–1,900', '2,000', '93 %', '4.15', '', '0.46', '0.93', '5.0', '20.0', 'yes', ''],
  )
  expect(line('express-oauth2-jwt-bearer')).toMatch(/ no \|$/)
  expect(text).toContain('the target mod_oauth2: left out: apache2 is not installed')
})

test('the table says when a server did not have its core', () => {
  expect(table(rowsOf(OUTCOMES))).toContain('less than 90 % of its core')
  expect(table(rowsOf(OUTCOMES.slice(0, 3)))).not.toContain('less than 90 %')
})

test('the chart has a bar for each target that was measured', () => {
  const svg = chart(rowsOf(OUTCOMES), 'A & B')
  expect(svg.match(/<rect /g)).toHaveLength(4)
  expect(svg).toContain('A &amp; B')
  expect(svg).not.toContain('mod_oauth2')
})
