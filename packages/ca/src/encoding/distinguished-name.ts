/**
 * Distinguished names as data: read from DER, written to DER, compared. The order is always that of
 * the encoding; only `rfc4514.ts` knows that text is the reverse.
 */
import { TAG_BY_OID } from './attribute-types.ts'
import {
  decodeOid,
  type Element,
  encode,
  encodeOid,
  MalformedDer,
  readElements,
  readOne,
  TAG,
} from './der.ts'

/** A value that is no text of a known string type stays DER, in hexadecimal. */
export type Attribute = { readonly type: string } & (
  | { readonly text: string }
  | { readonly der: string }
)
/** Relative distinguished names in encoding order; each a set of one or more attributes. */
export type DistinguishedName = readonly (readonly Attribute[])[]

/** Throws MalformedDer. */
export function decodeName(der: Buffer): DistinguishedName {
  return readElements(readOne(der, TAG.SEQUENCE).content).map((rdn) =>
    readElements(readOne(rdn.whole, TAG.SET).content).map((attribute) => {
      const [type, value, ...rest] = readElements(readOne(attribute.whole, TAG.SEQUENCE).content)
      if (type?.tag !== TAG.OID || !value || rest.length > 0) throw new MalformedDer('no attribute')
      return decodeAttribute(decodeOid(type.content), value)
    }),
  )
}

export function decodeAttribute(type: string, value: Element): Attribute {
  const text = decodeText(value)
  return text === undefined ? { type, der: value.whole.toString('hex') } : { type, text }
}

const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/
// oxlint-disable-next-line no-control-regex -- IA5String is ASCII, control characters included
const ASCII = /^[\u0000-\u007f]*$/

/** `undefined` for T61String and UniversalString, which nobody uses, and for invalid bytes. */
function decodeText({ tag, content }: Element): string | undefined {
  const latin = content.toString('latin1')
  if (tag === TAG.PRINTABLE) return PRINTABLE.test(latin) ? latin : undefined
  if (tag === TAG.IA5) return ASCII.test(latin) ? latin : undefined
  if (tag !== TAG.UTF8 && tag !== TAG.BMP) return undefined
  const encoding = tag === TAG.UTF8 ? 'utf-8' : 'utf-16be'
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(content)
  } catch {
    return undefined // not text; it is then compared as DER
  }
}

/** Throws MalformedDer if a value does not fit the string type of its attribute. */
export function encodeName(name: DistinguishedName): Buffer {
  return encode(TAG.SEQUENCE, ...name.map(encodeRdn))
}

/** DER wants the members of a set in the order of their bytes (X.690 §11.6). */
function encodeRdn(rdn: readonly Attribute[]): Buffer {
  return encode(TAG.SET, ...rdn.map(encodeAttribute).sort((a, b) => a.compare(b)))
}

function encodeAttribute(attribute: Attribute): Buffer {
  return encode(TAG.SEQUENCE, encodeOid(attribute.type), encodeValue(attribute))
}

function encodeValue(attribute: Attribute): Buffer {
  if ('der' in attribute) return Buffer.from(attribute.der, 'hex')
  const tag = TAG_BY_OID.get(attribute.type) ?? TAG.UTF8
  const pattern = tag === TAG.PRINTABLE ? PRINTABLE : ASCII
  if (tag !== TAG.UTF8 && !pattern.test(attribute.text)) {
    throw new MalformedDer(`"${attribute.text}" has characters that ${attribute.type} cannot bear`)
  }
  return encode(tag, Buffer.from(attribute.text))
}

/**
 * Same RDNs in the same order, each with the same attributes in any order. Values are compared code
 * point by code point after decoding: stricter than RFC 5280 §7.1, which folds case and spaces, and
 * so never wrong about who a client is.
 */
export function sameName(a: DistinguishedName, b: DistinguishedName): boolean {
  return JSON.stringify(a.map(canonical)) === JSON.stringify(b.map(canonical))
}

function canonical(rdn: readonly Attribute[]): string[] {
  return rdn
    .map((attribute) =>
      'der' in attribute
        ? JSON.stringify([attribute.type, 'der', attribute.der])
        : JSON.stringify([attribute.type, 'text', attribute.text]),
    )
    .sort()
}
