import { styleText } from 'node:util'
import { expect, test } from 'vitest'
import { printable } from '../../src/tell/printable.ts'

test('what we write stays as it is: lines, tabs, scripts of the world, our own styles', () => {
  const styles = ['bold', 'dim', 'green', 'red', 'cyan'] as const
  const styled = styles.map((style) => styleText(style, 'ok', { validateStream: false })).join(' ')
  for (const text of ['a\n\tb', '✓ “Grüße” 你好 👩‍💻 ه', styled, '\\u001b'])
    expect(printable(text)).toBe(text)
})

test.each([
  ['\u001b[2J', String.raw`\u001b[2J`],
  ['\u001b[8mhidden\u001b[28m', String.raw`\u001b[8mhidden\u001b[28m`],
  ['\u001b]0;title\u0007', String.raw`\u001b]0;title\u0007`],
  ['\u001b\u001b[31m', `${String.raw`\u001b`}\u001b[31m`],
  ['\u009b[31m', String.raw`\u009b[31m`],
  ['overwritten\r', String.raw`overwritten\u000d`],
  ['\b\u007f\0', String.raw`\u0008\u007f\u0000`],
  ['abc\u202efdp.exe', String.raw`abc\u202efdp.exe`],
  ['\u2066x\u2069', String.raw`\u2066x\u2069`],
])('what a terminal would obey is shown: %j', (text, shown) => {
  expect(printable(text)).toBe(shown)
})
