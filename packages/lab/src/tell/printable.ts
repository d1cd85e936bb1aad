/** Our own styles, as `styleText` writes them: bold, dim, green, red, cyan. */
const STYLE = /^\[(?:1|2|22|3[1269]|39)m$/

/**
 * What a terminal shows and does not obey. Much of what is told was chosen by somebody else: a claim, an
 * error, a subject. With control characters it would write over other lines, or set the title; with
 * those that turn the direction of writing it would read as something else. Lines, tabs and our own
 * styles stay. In JSON this is another spelling of the same.
 */
export const printable = (text: string): string =>
  text.replaceAll(
    /(?![\n\t])([\p{Cc}\u202a-\u202e\u2066-\u2069])(\[\d+m)?/gu,
    (all, control: string, rest = '') =>
      control.codePointAt(0) === ESCAPE && STYLE.test(rest) ? all : escaped(control) + rest,
  )

const ESCAPE = 0x1b

const escaped = (character: string): string =>
  `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
