/**
 * What `Forwarded` (RFC 7239 §4) and Envoy's `X-Forwarded-Client-Cert` have in common: elements with
 * commas between them, each of pairs `name=value` with semicolons between them, values in quotes
 * where they need it. Every proxy on the way appends an element; the last is that of our hop.
 */
export type Element = readonly (readonly [name: string, value: string])[]

// A value in quotes ends at the first quote that no backslash escapes, and a separator must follow:
// a client that opens a quote, to swallow what our hop appends, breaks the whole field.
const PAIR = /[ \t]*([^\s"=,;]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"=,;]*))[ \t]*([,;]|$)/y

/** Names in lower case; `undefined`: the field cannot be parsed. There is at least one element. */
export function elementsOf(field: string): readonly Element[] | undefined {
  const elements: [string, string][][] = [[]]
  PAIR.lastIndex = 0
  for (let separator: string | undefined; separator !== '';) {
    const [, name = '', quoted, bare = '', after] = PAIR.exec(field) ?? []
    if (after === undefined) return undefined
    elements.at(-1)?.push([name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? bare])
    if (after === ',') elements.push([])
    separator = after
  }
  return elements
}

/** Every value that a name has in an element. */
export const valuesIn = (element: Element, name: string): readonly string[] =>
  element.filter(([one]) => one === name).map(([, value]) => value)
