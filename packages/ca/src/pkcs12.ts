/**
 * PKCS #12 (RFC 7292) of a key and its chain: AES-256-CBC under PBKDF2 with HMAC-SHA-256, and a MAC
 * with SHA-256, which OpenSSL 3 reads without `-legacy`, NSS and Java 17 as well. Written here, over
 * node:crypto, because the libraries do not serve: node-forge 1.4 has no EC keys and only a SHA-1
 * MAC; pkijs 4.0 writes BER of indefinite length, which node-forge does not read.
 */
import {
  createCipheriv,
  createHash,
  createHmac,
  type KeyObject,
  pbkdf2Sync,
  randomBytes,
  type X509Certificate,
} from 'node:crypto'
import { encode, encodeOid, TAG } from './der.ts'
import { encodeNumber, explicit } from './der-values.ts'

export interface Pkcs12Content {
  /** The leaf first. */
  readonly chain: readonly X509Certificate[]
  readonly key: KeyObject
  /** What a key store shows; Java's alias. */
  readonly friendlyName: string
}

/** Of both derivations; five times what OpenSSL takes. */
const ITERATIONS = 10_000

// oxfmt-ignore
const OID = {
  data:            '1.2.840.113549.1.7.1',
  encryptedData:   '1.2.840.113549.1.7.6',
  shroudedKeyBag:  '1.2.840.113549.1.12.10.1.2',
  certificateBag:  '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName:    '1.2.840.113549.1.9.20',
  localKeyId:      '1.2.840.113549.1.9.21',
  pbes2:           '1.2.840.113549.1.5.13',
  pbkdf2:          '1.2.840.113549.1.5.12',
  hmacWithSha256:  '1.2.840.113549.2.9',
  aes256Cbc:       '2.16.840.1.101.3.4.1.42',
  sha256:          '2.16.840.1.101.3.4.2.1',
} as const

/** `passphrase` is ASCII. */
export function toPkcs12({ chain, key, friendlyName }: Pkcs12Content, passphrase: string): Buffer {
  // Key and leaf bear the same id, by which readers know that they belong together.
  const id = createHash('sha256')
    .update(chain[0]?.raw ?? Buffer.alloc(0))
    .digest()
  const attributes = set(
    attribute(OID.friendlyName, encode(TAG.BMP, bmp(friendlyName))),
    attribute(OID.localKeyId, octets(id)),
  )
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' })
  const { algorithm, ciphertext } = encrypt(pkcs8, passphrase)
  const keyBag = bag(OID.shroudedKeyBag, sequence(algorithm, octets(ciphertext)), attributes)
  const certificateBags = chain.map(({ raw }, index) =>
    bag(
      OID.certificateBag,
      sequence(encodeOid(OID.x509Certificate), explicit(0, octets(raw))),
      ...(index === 0 ? [attributes] : []),
    ),
  )
  const safes = sequence(
    contentInfo(OID.data, octets(sequence(keyBag))),
    encryptedInfo(sequence(...certificateBags), passphrase),
  )
  const macData = macOf(safes, passphrase)
  return sequence(encodeNumber(3), contentInfo(OID.data, octets(safes)), macData)
}

/** RFC 8018 §6.2. */
function encrypt(plaintext: Buffer, passphrase: string): { algorithm: Buffer; ciphertext: Buffer } {
  const [salt, iv] = [randomBytes(16), randomBytes(16)]
  const key = pbkdf2Sync(passphrase, salt, ITERATIONS, 32, 'sha256')
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  const prf = sequence(encodeOid(OID.hmacWithSha256), encode(TAG.NULL))
  const derivation = sequence(octets(salt), encodeNumber(ITERATIONS), prf)
  const algorithm = sequence(
    encodeOid(OID.pbes2),
    sequence(
      sequence(encodeOid(OID.pbkdf2), derivation),
      sequence(encodeOid(OID.aes256Cbc), octets(iv)),
    ),
  )
  return { algorithm, ciphertext: Buffer.concat([cipher.update(plaintext), cipher.final()]) }
}

/** RFC 5652 §8. */
function encryptedInfo(plaintext: Buffer, passphrase: string): Buffer {
  const { algorithm, ciphertext } = encrypt(plaintext, passphrase)
  const content = sequence(encodeOid(OID.data), algorithm, encode(0x80, ciphertext))
  return contentInfo(OID.encryptedData, sequence(encodeNumber(0), content))
}

/** RFC 7292 §4: HMAC under a key of appendix B's derivation. */
function macOf(safes: Buffer, passphrase: string): Buffer {
  const salt = randomBytes(16)
  const digest = createHmac('sha256', macKey(passphrase, salt)).update(safes).digest()
  const algorithm = sequence(encodeOid(OID.sha256), encode(TAG.NULL))
  return sequence(sequence(algorithm, octets(digest)), octets(salt), encodeNumber(ITERATIONS))
}

/** RFC 7292 §B.2 for SHA-256 and 32 bytes, where one round of steps 6 A is all there is. */
function macKey(passphrase: string, salt: Buffer): Buffer {
  const block = 64
  const terminated = bmp(`${passphrase}\0`)
  const diversifier = Buffer.alloc(block, 3) // §B.3: 3 is for a MAC key
  const input = [diversifier, fill(salt, block), fill(terminated, block)]
  let key = createHash('sha256').update(Buffer.concat(input)).digest()
  for (let round = 1; round < ITERATIONS; round += 1) {
    key = createHash('sha256').update(key).digest()
  }
  return key
}

/** The bytes again and again, up to a whole number of blocks. */
function fill(bytes: Buffer, block: number): Buffer {
  return Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes)
}

function bag(type: string, value: Buffer, ...attributes: readonly Buffer[]): Buffer {
  return sequence(encodeOid(type), explicit(0, value), ...attributes)
}

function contentInfo(type: string, content: Buffer): Buffer {
  return sequence(encodeOid(type), explicit(0, content))
}

function attribute(type: string, value: Buffer): Buffer {
  return sequence(encodeOid(type), set(value))
}

/** DER wants the members of a set in the order of their bytes. */
function set(...members: readonly Buffer[]): Buffer {
  return encode(TAG.SET, ...members.toSorted((a, b) => a.compare(b)))
}

/** UTF-16, the high byte first. */
function bmp(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16()
}

function octets(bytes: Buffer): Buffer {
  return encode(TAG.OCTET_STRING, bytes)
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return encode(TAG.SEQUENCE, ...parts)
}
