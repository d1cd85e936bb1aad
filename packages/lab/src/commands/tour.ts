import type { Command } from 'commander'
import { printJson, toNobody, toPeople } from '../tell/terminal.ts'
import { json, withLab } from './global.ts'

export const define = (command: Command): Command => command.addOption(json).action(takeTour)

async function takeTour(options: { json?: true }, command: Command): Promise<void> {
  await withLab(command, async (lab) => {
    const { tour } = await import('../flows/tour.ts')
    const result = await tour(lab, options.json ? toNobody : toPeople)
    if (options.json) printJson(result)
    process.exitCode = result.ok ? 0 : 1
  })
}
