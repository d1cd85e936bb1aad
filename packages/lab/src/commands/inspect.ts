import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { UsageError } from '../errors.ts'
import { inspectText, type Inspection } from '../inspection.ts'
import {
  bad,
  bold,
  column,
  dim,
  good,
  named,
  printJson,
  toPeople as tell,
} from '../tell/terminal.ts'
import { json } from './global.ts'

export const define = (command: Command): Command =>
  command
    .argument(
      '<thing>',
      'an access token, a DPoP proof, a certificate in PEM, a file of these, or - for standard input',
    )
    // A certificate in PEM begins with a hyphen.
    .allowUnknownOption()
    .addOption(json)
    .action(inspect)

async function inspect(thing: string, options: { json?: true }): Promise<void> {
  const content = await contentOf(thing)
  const inspection = inspectText(content.trim())
  if (!inspection)
    throw new UsageError('this is neither a JWT in compact form nor a certificate in PEM')
  if (options.json) printJson(inspection)
  else show(inspection)
  process.exitCode = inspection.odd.length > 0 ? 1 : 0
}

async function contentOf(thing: string): Promise<string> {
  if (thing === '-') return text(process.stdin)
  if (/^(?:[\w-]+\.){2}[\w-]*$/.test(thing) || thing.includes('-----BEGIN')) return thing
  try {
    return await readFile(thing, 'utf8')
  } catch {
    throw new UsageError('this is neither a JWT, nor a certificate in PEM, nor a file with one')
  }
}

function show({ kind, parts, computed, odd }: Inspection): void {
  tell(bold(kind))
  for (const [name, value] of Object.entries(parts)) {
    // Node puts each attribute of a name on a line of its own.
    if (typeof value === 'string')
      tell(`  ${named(column(name, 22))}${value.replaceAll('\n', ', ')}`)
    else {
      tell(`  ${named(name)}`)
      for (const line of JSON.stringify(value, null, 2).split('\n')) tell(`    ${line}`)
    }
  }
  for (const [name, value] of Object.entries(computed)) tell(`  ${named(column(name, 22))}${value}`)
  for (const { clause, sentence, mismatch } of odd) {
    tell(`  ${bad('odd')}  ${clause}: ${sentence}`)
    tell(dim(`       expected ${mismatch.expected}, got ${mismatch.actual}`))
  }
  if (odd.length === 0) tell(`  ${good('nothing odd')}`)
}
