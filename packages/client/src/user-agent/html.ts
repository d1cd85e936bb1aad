/**
 * Reads the forms of a plain page: what a browser without script would show and send. It is made
 * for pages that an authorization server writes, not for the web: no `<select>`, `<textarea>`, no
 * controls outside their form.
 */
export interface Page {
  /** White space collapsed, at most 100 characters; empty if there is none. */
  readonly title: string
  readonly forms: readonly Form[]
}

export interface Form {
  readonly action: string
  readonly method: 'get' | 'post'
  /** Controls that are sent, with their initial values, in order. */
  readonly fields: readonly Field[]
  readonly buttons: readonly Button[]
}

interface Field {
  readonly name: string
  readonly value: string
}

export interface Button extends Field {
  readonly id: string
}

interface OpenForm extends Form {
  readonly fields: Field[]
  readonly buttons: Button[]
}

type Attributes = ReadonlyMap<string, string>

const NOT_MARKUP = /<!--[\s\S]*?-->|<(script|style|template)\b[\s\S]*?<\/\1\s*>/gi
const TAG = /<(\/?)([a-z][a-z0-9]*)((?:[^>"']|"[^"]*"|'[^']*')*)>/gi
const ATTRIBUTE = /([^\s=/"'<>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>=`]+)))?/g
const NEVER_SENT = new Set(['button', 'reset', 'image', 'file'])

export function readPage(html: string): Page {
  const markup = html.replace(NOT_MARKUP, '')
  const forms: OpenForm[] = []
  let open: OpenForm | undefined
  for (const [, slash, tag = '', rest = ''] of markup.matchAll(TAG)) {
    const name = tag.toLowerCase()
    if (name === 'form') {
      open = slash ? undefined : newForm(attributesOf(rest))
      if (open) forms.push(open)
    } else if (open && !slash && (name === 'input' || name === 'button')) {
      addControl(open, name, attributesOf(rest))
    }
  }
  return { title: titleOf(markup), forms }
}

const newForm = (attributes: Attributes): OpenForm => ({
  action: attributes.get('action') ?? '',
  method: attributes.get('method')?.toLowerCase() === 'post' ? 'post' : 'get',
  fields: [],
  buttons: [],
})

function addControl(form: OpenForm, tag: 'input' | 'button', attributes: Attributes): void {
  if (attributes.has('disabled')) return
  const type = attributes.get('type')?.toLowerCase() ?? (tag === 'button' ? 'submit' : 'text')
  const name = attributes.get('name') ?? ''
  const ticked = type === 'checkbox' || type === 'radio'
  const value = attributes.get('value') ?? (ticked ? 'on' : '')
  if (type === 'submit') form.buttons.push({ id: attributes.get('id') ?? '', name, value })
  else if (NEVER_SENT.has(type) || name === '' || (ticked && !attributes.has('checked'))) return
  else form.fields.push({ name, value })
}

/** The first of two equal names counts, as in browsers. */
function attributesOf(text: string): Attributes {
  const attributes = new Map<string, string>()
  for (const [, name = '', double, single, bare] of text.matchAll(ATTRIBUTE)) {
    const key = name.toLowerCase()
    if (!attributes.has(key)) attributes.set(key, decode(double ?? single ?? bare ?? ''))
  }
  return attributes
}

function titleOf(markup: string): string {
  const [, text = ''] = /<title\b[^>]*>([\s\S]*?)<\/title\s*>/i.exec(markup) ?? []
  // Control characters would let a page write to the terminal that shows an error.
  return decode(text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, 100)
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** In one pass: `&amp;lt;` is the text `&lt;`, not `<`. */
const decode = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return NAMED[String(name)] ?? whole
    const point = hex === undefined ? Number(decimal) : Number.parseInt(String(hex), 16)
    return point <= 0x10_ff_ff ? String.fromCodePoint(point) : '\u{FFFD}'
  })
