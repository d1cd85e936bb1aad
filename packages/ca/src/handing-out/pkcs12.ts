/**
 * PKCS #12 (RFC 7292) of a key and its chain, by pkijs: AES-256-CBC under PBKDF2 with HMAC-SHA-256,
 * and a MAC with SHA-256, which OpenSSL 3 reads without `-legacy`, NSS and Java 17 as well.
 * docs/decisions/0002-x509-library.md says why one library serves all types of keys.
 */
import { createHash, type KeyObject, type X509Certificate } from 'node:crypto'
import { BmpString, OctetString } from 'asn1js'
import * as pkijs from 'pkijs'

export interface Pkcs12Content {
  /** The leaf first. */
  readonly chain: readonly X509Certificate[]
  readonly key: KeyObject
  /** What a key store shows; Java's alias. */
  readonly friendlyName: string
}

/** Of both derivations; five times what OpenSSL takes. */
const ITERATIONS = 10_000
const HASH = 'SHA-256'

// oxfmt-ignore
const OID = {
  data:            '1.2.840.113549.1.7.1',
  encryptedData:   '1.2.840.113549.1.7.6',
  shroudedKeyBag:  '1.2.840.113549.1.12.10.1.2',
  certificateBag:  '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName:    '1.2.840.113549.1.9.20',
  localKeyId:      '1.2.840.113549.1.9.21',
} as const

const engine = new pkijs.CryptoEngine({ name: 'node', crypto: globalThis.crypto })

/** `passphrase` is ASCII. */
export async function toPkcs12(content: Pkcs12Content, passphrase: string): Promise<Buffer> {
  const password = arrayBuffer(Buffer.from(passphrase))
  const safeContents = [await keySafe(content, password), await chainSafe(content, password)]
  const authenticatedSafe = new pkijs.AuthenticatedSafe({ safeContents })
  const pfx = new pkijs.PFX({ parsedValue: { integrityMode: 0, authenticatedSafe } })
  const mac = { pbkdf2HashAlgorithm: HASH, hmacHashAlgorithm: HASH }
  await pfx.makeInternalValues({ password, iterations: ITERATIONS, ...mac }, engine)
  return Buffer.from(pfx.toSchema().toBER())
}

async function keySafe(content: Pkcs12Content, password: ArrayBuffer): Promise<pkijs.ContentInfo> {
  const pkcs8 = content.key.export({ type: 'pkcs8', format: 'der' })
  const info = await encrypt(pkcs8, password)
  const bagValue = new pkijs.PKCS8ShroudedKeyBag({
    encryptionAlgorithm: info.contentEncryptionAlgorithm,
    encryptedData: info.encryptedContent ?? new OctetString(),
  })
  const bagAttributes = attributesOf(content)
  const bag = new pkijs.SafeBag({ bagId: OID.shroudedKeyBag, bagValue, bagAttributes })
  const plaintext = new pkijs.SafeContents({ safeBags: [bag] }).toSchema().toBER()
  return new pkijs.ContentInfo({
    contentType: OID.data,
    content: octets(new Uint8Array(plaintext)),
  })
}

async function chainSafe(
  content: Pkcs12Content,
  password: ArrayBuffer,
): Promise<pkijs.ContentInfo> {
  const safeBags = content.chain.map(({ raw }, index) => {
    const certValue = octets(raw)
    const bagValue = new pkijs.CertBag({ certId: OID.x509Certificate, certValue })
    const bagAttributes = index === 0 ? attributesOf(content) : []
    return new pkijs.SafeBag({ bagId: OID.certificateBag, bagValue, bagAttributes })
  })
  const plaintext = new pkijs.SafeContents({ safeBags }).toSchema().toBER()
  const encryptedContentInfo = await encrypt(Buffer.from(plaintext), password)
  const encrypted = new pkijs.EncryptedData({ encryptedContentInfo })
  return new pkijs.ContentInfo({ contentType: OID.encryptedData, content: encrypted.toSchema() })
}

async function encrypt(
  plaintext: Buffer,
  password: ArrayBuffer,
): Promise<pkijs.EncryptedContentInfo> {
  const info = await engine.encryptEncryptedContentInfo({
    password,
    contentType: OID.data,
    contentToEncrypt: arrayBuffer(plaintext),
    contentEncryptionAlgorithm: { name: 'AES-CBC', length: 256 },
    hmacHashAlgorithm: HASH,
    iterationCount: ITERATIONS,
  })
  // The library splits the ciphertext and gives it an indefinite length, which is BER and no DER:
  // readers that are strict, such as node-forge, refuse it. In one piece it is both.
  info.encryptedContent = octets(new Uint8Array(info.getEncryptedContent()))
  return info
}

/** Key and leaf bear the same id, by which readers know that they belong together. */
function attributesOf({ chain, friendlyName }: Pkcs12Content): pkijs.Attribute[] {
  const id = createHash('sha256')
    .update(chain[0]?.raw ?? '')
    .digest()
  return [
    new pkijs.Attribute({
      type: OID.friendlyName,
      values: [new BmpString({ value: friendlyName })],
    }),
    new pkijs.Attribute({ type: OID.localKeyId, values: [octets(id)] }),
  ]
}

function octets(bytes: Uint8Array): OctetString {
  return new OctetString({ valueHex: arrayBuffer(bytes) })
}

function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}
