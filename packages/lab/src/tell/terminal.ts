/** How the command line looks. Colours only on a terminal, and never where NO_COLOR says no. */
import { styleText } from 'node:util'
import { printable } from './printable.ts'

type Format = Parameters<typeof styleText>[0]

const styled = (format: Format) => (text: string) =>
  styleText(format, text, { stream: process.stdout })

export const bold = styled('bold')
export const dim = styled('dim')
export const good = styled('green')
export const bad = styled('red')
export const named = styled('cyan')

export const tick = (ok: boolean): string => (ok ? good('✓') : bad('✗'))

/** Writes lines for people. With `--json` nobody listens, and the result is printed at the end. */
export type Tell = (line?: string) => void

export const toPeople: Tell = (line = '') => {
  process.stdout.write(`${printable(line)}\n`)
}

export const toNobody: Tell = () => {}

export const printJson = (value: unknown): void => {
  process.stdout.write(`${printable(JSON.stringify(value, null, 2))}\n`)
}

/** Pads for columns; the text must be unstyled, the style is laid on afterwards. */
export const column = (text: string, width: number): string => text.padEnd(width)
