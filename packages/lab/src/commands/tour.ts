import type { Command } from 'commander'
import { printJson, toNobody, toPeople } from '../tell/terminal.ts'
import { tour } from '../tour.ts'
import { withLab } from './global.ts'

export async function tourCommand(options: { json?: true }, command: Command): Promise<void> {
  await withLab(command, async (lab) => {
    const result = await tour(lab, options.json ? toNobody : toPeople)
    if (options.json) printJson(result)
    process.exitCode = result.ok ? 0 : 1
  })
}
