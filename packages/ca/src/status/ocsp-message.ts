/** OCSP requests and answers as bytes (RFC 6960 §4.1.1, §4.2.1). */
import { createHash, type KeyObject, type X509Certificate } from 'node:crypto'
import { fieldsOf, keyIdentifierOf, readExtensions } from '../encoding/certificate-fields.ts'
import {
  decodeOid,
  type Element,
  encode,
  encodeOid,
  MalformedDer,
  readElements,
  readOne,
  TAG,
} from '../encoding/der.ts'
import { decodeSerial, encodeTime, explicit } from '../encoding/der-values.ts'
import { REVOCATION_REASONS, type Revocation } from './revocations.ts'
import { signDer } from '../encoding/signature.ts'

export interface CertificateId {
  /** As asked: an answer repeats it byte for byte. */
  readonly der: Buffer
  /** As node:crypto calls it; `undefined` for one that nobody uses. */
  readonly hash: 'sha1' | 'sha256' | 'sha384' | 'sha512' | undefined
  readonly issuerNameHash: Buffer
  readonly issuerKeyHash: Buffer
  readonly serial: string
}

export interface OcspRequest {
  readonly ids: readonly CertificateId[]
  /** Value of the nonce extension. */
  readonly nonce: Buffer | undefined
}

const NONCE = '1.3.6.1.5.5.7.48.1.2'
const BASIC = '1.3.6.1.5.5.7.48.1.1'
/** More than anybody asks at once; each costs a look at the disk. */
const MOST = 20
/** RFC 9654 §2.1: a nonce has up to 128 bytes, here with its OCTET STRING. */
const LONGEST_NONCE = 131

const HASHES: Readonly<Record<string, CertificateId['hash']>> = {
  '1.3.14.3.2.26': 'sha1', // names an issuer, protects nothing: RFC 5019 wants it
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/** Throws MalformedDer. A signature on the request is allowed and not looked at: anybody may ask. */
export function decodeOcspRequest(der: Buffer): OcspRequest {
  const [toBeSigned] = readElements(readOne(der, TAG.SEQUENCE).content)
  const fields = readElements(readOne(toBeSigned?.whole ?? Buffer.alloc(0), TAG.SEQUENCE).content)
  const list = fields.find(({ tag }) => tag === TAG.SEQUENCE)
  const ids = (list ? readElements(list.content) : []).map(decodeId)
  if (ids.length === 0 || ids.length > MOST) throw new MalformedDer('no or too many certificates')
  const last = fields.find(({ tag }) => tag === 0xa2)
  const nonce = readExtensions(last && readOne(last.content)).extensions.get(NONCE)
  if (nonce && nonce.length > LONGEST_NONCE) throw new MalformedDer('nonce too long')
  return { ids, nonce }
}

function decodeId({ content }: Element): CertificateId {
  const id = readElements(content)[0]
  const [algorithm, name, key, serial] = readElements(readOne(id?.whole ?? content).content)
  if (!id || !algorithm || !name || !key || !serial) throw new MalformedDer('cut off')
  const oid = decodeOid(readElements(algorithm.content)[0]?.content ?? Buffer.alloc(0))
  return {
    der: id.whole,
    hash: HASHES[oid],
    issuerNameHash: name.content,
    issuerKeyHash: key.content,
    serial: decodeSerial(serial),
  }
}

export function isIssuedBy({ hash, ...id }: CertificateId, issuer: X509Certificate): boolean {
  if (!hash) return false
  const { subject, publicKeyBits } = fieldsOf(issuer)
  const digest = (bytes: Buffer) => createHash(hash).update(bytes).digest()
  return digest(subject).equals(id.issuerNameHash) && digest(publicKeyBits).equals(id.issuerKeyHash)
}

export interface Responder {
  readonly certificate: X509Certificate
  readonly key: KeyObject
}

export interface SingleAnswer {
  readonly id: CertificateId
  readonly status: 'good' | 'unknown' | Revocation
}

export interface Answer {
  readonly answers: readonly SingleAnswer[]
  readonly nonce: Buffer | undefined
  /** Both in milliseconds since the epoch. */
  readonly thisUpdate: number
  readonly nextUpdate: number
}

export function encodeOcspAnswer(responder: Responder, answer: Answer): Buffer {
  const { answers, nonce, thisUpdate, nextUpdate } = answer
  const times = [encodeTime(thisUpdate), explicit(0, encodeTime(nextUpdate))]
  const keyHash = keyIdentifierOf(fieldsOf(responder.certificate)) ?? Buffer.alloc(0)
  const extension = nonce && sequence(encodeOid(NONCE), encode(TAG.OCTET_STRING, nonce))
  const data = sequence(
    explicit(2, encode(TAG.OCTET_STRING, keyHash)),
    encodeTime(thisUpdate),
    sequence(...answers.map(({ id, status }) => sequence(id.der, encodeStatus(status), ...times))),
    ...(extension ? [explicit(1, sequence(extension))] : []),
  )
  const basic = signDer(data, responder.key, explicit(0, sequence(responder.certificate.raw)))
  const bytes = sequence(encodeOid(BASIC), encode(TAG.OCTET_STRING, basic))
  return sequence(statusCode(0), explicit(0, bytes))
}

// oxfmt-ignore
const FAILURES = { malformedRequest: 1, internalError: 2, tryLater: 3, unauthorized: 6 } as const

/** RFC 6960 §4.2.1: an error is not signed. */
export function encodeOcspFailure(failure: keyof typeof FAILURES): Buffer {
  return sequence(statusCode(FAILURES[failure]))
}

function statusCode(code: number): Buffer {
  return encode(TAG.ENUMERATED, Buffer.from([code]))
}

function encodeStatus(status: SingleAnswer['status']): Buffer {
  if (status === 'good') return encode(0x80)
  if (status === 'unknown') return encode(0x82)
  const code = REVOCATION_REASONS[status.reason]
  const reason = code === 0 ? [] : [explicit(0, statusCode(code))]
  return encode(0xa1, encodeTime(status.at), ...reason)
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return encode(TAG.SEQUENCE, ...parts)
}
