/** The subjectAltName extension (RFC 5280 §4.2.1.6), for the four kinds of name RFC 8705 knows. */
import { encode, MalformedDer, readElements, readOne, TAG } from './der.ts'
import { ipBytes, ipText } from './ip-address.ts'

export interface AlternativeNames {
  readonly dns?: readonly string[]
  readonly uri?: readonly string[]
  readonly ip?: readonly string[]
  readonly email?: readonly string[]
}

export type AlternativeNameKind = keyof AlternativeNames

/** Context tags of GeneralName (RFC 5280 §4.2.1.6). */
const KIND_TAG = { email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 } as const
const KINDS = ['dns', 'uri', 'ip', 'email'] as const
const VISIBLE = /^[\x21-\x7e]+$/

/** The bytes a name is in a certificate; `undefined` if the text is no such name. */
export function nameBytes(kind: AlternativeNameKind, text: string): Buffer | undefined {
  if (kind === 'ip') return ipBytes(text)
  return VISIBLE.test(text) ? Buffer.from(text, 'ascii') : undefined
}

/** The value of the extension, always the same for the same names; `undefined` for no names. */
export function encodeAlternativeNames(names: AlternativeNames): Buffer | undefined {
  const elements = KINDS.flatMap((kind) =>
    (names[kind] ?? []).map((text) => {
      const bytes = nameBytes(kind, text)
      if (!bytes) throw new MalformedDer(`"${text}" is no ${kind} name`)
      return encode(KIND_TAG[kind], bytes)
    }),
  )
  return elements.length === 0 ? undefined : encode(TAG.SEQUENCE, ...elements)
}

/** The raw names of one kind, out of the value of the extension. Throws MalformedDer. */
export function decodeAlternativeNames(extension: Buffer, kind: AlternativeNameKind): Buffer[] {
  return readElements(readOne(extension, TAG.SEQUENCE).content)
    .filter(({ tag }) => tag === KIND_TAG[kind])
    .map(({ content }) => content)
}

/** The names as text. What is of another kind, or no text of its kind, is told by its tag. */
export function readAlternativeNames(extension: Buffer): {
  readonly names: AlternativeNames
  readonly others: readonly string[]
} {
  const names: Record<AlternativeNameKind, string[]> = { dns: [], uri: [], ip: [], email: [] }
  const others: string[] = []
  for (const { tag, content } of readElements(readOne(extension, TAG.SEQUENCE).content)) {
    const kind = KINDS.find((one) => KIND_TAG[one] === tag)
    const text = kind === 'ip' ? ipText(content) : content.toString('latin1')
    if (kind && text !== undefined && nameBytes(kind, text)) names[kind].push(text)
    else others.push(`general name [${tag & 0x1f}]`)
  }
  return { names, others }
}
