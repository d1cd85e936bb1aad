/** Markup that may go into a page as it is. Everything else is escaped. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Insert = string | Markup | readonly Markup[]

/** Escapes every value that is not itself markup; fit for text and for quoted attributes. */
export function html(parts: TemplateStringsArray, ...inserts: readonly Insert[]): Markup {
  return new Markup(String.raw({ raw: parts }, ...inserts.map(rendered)))
}

function rendered(insert: Insert): string {
  if (typeof insert === 'string') return escape(insert)
  return insert instanceof Markup ? insert.text : insert.map(({ text }) => text).join('')
}

const ENTITIES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escape = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
