/** Certificate signing requests (PKCS #10, RFC 2986), read strictly. `make-csr.ts` makes them. */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { type AlternativeNames, readAlternativeNames } from './alternative-names.ts'
import { EXTENSION, readExtensions } from './certificate-fields.ts'
import { decodeOid, type Element, MalformedDer, readElements, readOne, TAG } from './der.ts'
import { decodeNumber } from './der-values.ts'
import { decodeName, type DistinguishedName } from './distinguished-name.ts'
import { pemBlocks } from './pem.ts'
import { isSignedBy, readSigned, weaknessOf } from './signature.ts'

/** PKCS #9 (RFC 2985 §5.4.2). */
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14'

export interface Csr {
  readonly name: DistinguishedName
  readonly publicKey: KeyObject
  readonly alternativeNames: AlternativeNames
  /** What else was asked for, in words: no profile grants it. */
  readonly otherWishes: readonly string[]
}

export class CsrError extends Error {
  override readonly name = 'CsrError'
}

/** PEM or DER. Throws CsrError, also where the signature is not of the key inside (RFC 2986 §3). */
export function readCsr(input: string | Buffer): Csr {
  try {
    const csr = decodeCsr(derOf(input))
    const weakness = weaknessOf(csr.publicKey)
    if (weakness !== undefined) throw new CsrError(`has ${weakness}`)
    return csr
  } catch (cause) {
    if (cause instanceof CsrError) throw cause
    throw new CsrError('is not a certificate signing request in PEM or DER', { cause })
  }
}

function derOf(input: string | Buffer): Buffer {
  if (typeof input !== 'string' && input[0] === 0x30) return input
  const text = input.toString('latin1')
  const blocks = [
    ...pemBlocks('CERTIFICATE REQUEST', text),
    ...pemBlocks('NEW CERTIFICATE REQUEST', text),
  ]
  const [der, ...more] = blocks
  if (!der || more.length > 0) throw new MalformedDer('not exactly one request')
  return der
}

function decodeCsr(der: Buffer): Csr {
  const signed = readSigned(der)
  const [version, subject, key, attributes, ...rest] = readElements(
    readOne(signed.toBeSigned.whole, TAG.SEQUENCE).content,
  )
  if (!version || !subject || !key || rest.length > 0) throw new MalformedDer('cut off')
  if (decodeNumber(version) !== 0n) throw new MalformedDer('not version 1')
  const publicKey = createPublicKey({ key: key.whole, format: 'der', type: 'spki' })
  if (!isSignedBy(signed, publicKey)) {
    throw new CsrError('is not signed by the key inside, or with SHA-1')
  }
  return { name: decodeName(subject.whole), publicKey, ...readWishes(attributes) }
}

function readWishes(
  attributes: Element | undefined,
): Pick<Csr, 'alternativeNames' | 'otherWishes'> {
  const requested = (attributes?.tag === 0xa0 ? readElements(attributes.content) : []).flatMap(
    ({ content }) => {
      const [type, values] = readElements(content)
      if (!type || !values || decodeOid(type.content) !== EXTENSION_REQUEST) return []
      return readElements(values.content)
    },
  )
  if (requested.length > 1) throw new MalformedDer('extensions requested twice')
  const { extensions } = readExtensions(requested[0])
  const names = extensions.get(EXTENSION.subjectAltName)
  const read = names ? readAlternativeNames(names) : { names: {}, others: [] }
  const others = [...extensions.keys()].filter((oid) => oid !== EXTENSION.subjectAltName)
  return {
    alternativeNames: read.names,
    otherWishes: [...read.others, ...others.map((oid) => `extension ${nameOfExtension(oid)}`)],
  }
}

function nameOfExtension(oid: string): string {
  return Object.entries(EXTENSION).find(([, value]) => value === oid)?.[0] ?? oid
}
