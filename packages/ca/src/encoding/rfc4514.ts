/**
 * Distinguished names as text, by the grammar of RFC 4514 §3, which is how
 * `tls_client_auth_subject_dn` is written (RFC 8705 §2.1.2). Strict: what an older grammar allowed
 * besides (spaces around `,`, `;`, quotes) is refused, since a text with two readings is two clients.
 */
import { KEYWORD_BY_OID, OID_BY_KEYWORD } from './attribute-types.ts'
import { readOne } from './der.ts'
import { type Attribute, type DistinguishedName, decodeAttribute } from './distinguished-name.ts'

export class NameSyntaxError extends Error {
  override readonly name = 'NameSyntaxError'
}

const TYPE = /([A-Za-z][A-Za-z0-9-]*|[0-2](?:\.(?:0|[1-9]\d*))+)=/y
const HEX_STRING = /#((?:[0-9A-Fa-f]{2})+)/y
const ESCAPED = /\\(?:([\\"+,;<> #=])|([0-9A-Fa-f]{2}))/y
// oxlint-disable-next-line no-control-regex -- the grammar excludes NUL
const PLAIN = /[^\\"+,;<>\u0000]/uy

/**
 * The name in the order in which it is encoded, which is the reverse of the text (RFC 4514 §2.1).
 * Throws NameSyntaxError; the empty name, which every subject-less certificate bears, is one.
 */
export function parseName(text: string): DistinguishedName {
  const reader = new TextReader(text)
  const name: Attribute[][] = []
  let rdn: Attribute[] = []
  for (;;) {
    rdn.push(readAttribute(reader))
    const separator = reader.take(/[+,]/y)?.[0]
    if (separator === '+') continue
    name.unshift(rdn)
    rdn = []
    if (separator === ',') continue
    if (reader.done) return name
    throw reader.error('"," or "+"')
  }
}

/** RFC 4514 §2; `parseName` reads the same name from it. */
export function formatName(name: DistinguishedName): string {
  return name
    .toReversed()
    .map((rdn) => rdn.map(formatAttribute).join('+'))
    .join(',')
}

function formatAttribute(attribute: Attribute): string {
  const type = KEYWORD_BY_OID.get(attribute.type) ?? attribute.type
  return `${type}=${'der' in attribute ? `#${attribute.der}` : escapeText(attribute.text)}`
}

/** RFC 4514 §2.4. Control characters as bytes: a name is one line, whatever is in it. */
function escapeText(text: string): string {
  return text
    .replaceAll(/[\\"+,;<>]|^[ #]| $/g, (character) => `\\${character}`)
    .replaceAll(/\p{Cc}/gu, (character) =>
      [...Buffer.from(character)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join(''),
    )
}

function readAttribute(reader: TextReader): Attribute {
  const type = reader.take(TYPE)?.[1]
  if (type === undefined) throw reader.error('an attribute type followed by "="')
  const oid = /^\d/.test(type) ? type : OID_BY_KEYWORD.get(type.toLowerCase())
  if (oid === undefined) throw reader.error(`a known attribute type instead of "${type}"`)
  const hex = reader.take(HEX_STRING)?.[1]
  if (hex === undefined) return { type: oid, text: readText(reader) }
  const value = Buffer.from(hex, 'hex')
  try {
    return decodeAttribute(oid, readOne(value))
  } catch (cause) {
    throw new NameSyntaxError(`the value after "${type}=#" is not one DER element`, { cause })
  }
}

function readText(reader: TextReader): string {
  const bytes: Buffer[] = []
  let trailingSpace = false
  for (;;) {
    const escaped = reader.take(ESCAPED)
    if (escaped) {
      const [, character, hex] = escaped
      bytes.push(character === undefined ? Buffer.from(hex ?? '', 'hex') : Buffer.from(character))
      trailingSpace = false
      continue
    }
    const plain = reader.take(PLAIN)?.[0]
    if (plain === undefined) break
    if (bytes.length === 0 && (plain === ' ' || plain === '#')) {
      throw reader.error(`"\\${plain}" at the beginning of a value`)
    }
    bytes.push(Buffer.from(plain))
    trailingSpace = plain === ' '
  }
  if (trailingSpace) throw reader.error('"\\ " at the end of a value')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(bytes))
  } catch (cause) {
    throw new NameSyntaxError('escaped bytes are not UTF-8', { cause })
  }
}

class TextReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    // A lone surrogate has no UTF-8 form; it would become U+FFFD and match it.
    if (!text.isWellFormed()) throw new NameSyntaxError('the name is not well-formed Unicode')
    this.#text = text
  }

  get done(): boolean {
    return this.#at === this.#text.length
  }

  take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match) this.#at += match[0].length
    return match
  }

  error(wanted: string): NameSyntaxError {
    return new NameSyntaxError(`"${this.#text}": expected ${wanted} before position ${this.#at}`)
  }
}
