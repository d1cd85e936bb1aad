/** `scripts/lab attack`: some of the tour's attacks, by their names. */
import type { Command } from 'commander'
import { setIssuerScene, setScene } from '@holdfast/attacks'
import { UsageError } from '../errors.ts'
import { type AttackResult, ON_THE_API, ON_THE_SERVER, playAttacks } from '../flows/attacks.ts'
import { makeIssuerStage } from '../flows/issuer-stage.ts'
import { makeStage } from '../flows/stage.ts'
import { column, dim, named, printJson, toNobody, toPeople } from '../tell/terminal.ts'
import { json, withLab } from './global.ts'

export const define = (command: Command): Command =>
  command
    .argument(
      '[name...]',
      'ids of attacks, or how they begin (proof, server/code); none: lists them',
    )
    .addOption(json)
    .action(attack)

async function attack(
  names: readonly string[],
  options: { json?: true },
  command: Command,
): Promise<void> {
  const begins = ({ id }: { readonly id: string }) => names.some((name) => id.startsWith(name))
  if (names.length === 0) return list(options)
  const unknown = names.find((name) => !ALL.some(({ id }) => id.startsWith(name)))
  if (unknown !== undefined)
    throw new UsageError(
      `there is no attack ${JSON.stringify(unknown)}; scripts/lab attack lists them`,
    )
  await withLab(command, async (lab) => {
    const tell = options.json ? toNobody : toPeople
    const results: AttackResult[] = []
    const onApi = ON_THE_API.filter(begins)
    if (onApi.length > 0)
      results.push(...(await playAttacks(onApi, await setScene(await makeStage(lab)), tell)))
    const onServer = ON_THE_SERVER.filter(begins)
    if (onServer.length > 0)
      results.push(
        ...(await playAttacks(onServer, await setIssuerScene(await makeIssuerStage(lab)), tell)),
      )
    if (options.json) printJson(results)
    process.exitCode = results.every(({ ok }) => ok) ? 0 : 1
  })
}

const ALL = [...ON_THE_API, ...ON_THE_SERVER]

function list(options: { json?: true }): void {
  if (options.json) return printJson(ALL.map(({ id, title, clause }) => ({ id, title, clause })))
  for (const { id, title, clause } of ALL)
    toPeople(`${named(column(id, 42))}${column(clause, 22)}${dim(title)}`)
}
