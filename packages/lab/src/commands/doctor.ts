import type { Command } from 'commander'
import { examine } from '../doctor/examination.ts'
import { bold, column, dim, printJson, tick, toPeople as tell } from '../tell/terminal.ts'
import { configurationOf, json } from './global.ts'

const WIDTH = 36

export const define = (command: Command): Command => command.addOption(json).action(doctor)

async function doctor(options: { json?: true }, command: Command): Promise<void> {
  const findings = await examine(configurationOf(command))
  const ok = findings.every((finding) => finding.ok)
  if (options.json) printJson({ ok, findings })
  else {
    for (const { name, found, remedy, ok: healthy } of findings) {
      tell(`${tick(healthy)} ${column(name, WIDTH)}${found}`)
      if (remedy !== undefined) tell(`  ${column('', WIDTH)}${bold('→')} ${remedy}`)
    }
    tell(dim(ok ? 'Nothing is in the way of a lab.' : 'Something is in the way.'))
  }
  process.exitCode = ok ? 0 : 1
}
