/**
 * The responder (RFC 6960): answers for every issuing CA of the folder, each by a signer that this CA
 * has delegated (§4.2.2.2), so that the CA's own key is not used by what faces the network.
 */
import type { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import type { Context } from '../context.ts'
import { MalformedDer } from '../encoding/der.ts'
import { encodeName } from '../encoding/distinguished-name.ts'
import { type CertificateAuthority, issuerOf } from '../issuing/hierarchy.ts'
import { issue, validityOf } from '../issuing/issue.ts'
import type { KeyType } from '../encoding/key-types.ts'
import { readIssued, recordIssued } from '../issuing/issued.ts'
import {
  type CertificateId,
  decodeOcspRequest,
  encodeOcspAnswer,
  encodeOcspFailure,
  isIssuedBy,
  type OcspRequest,
  type Responder,
  type SingleAnswer,
} from './ocsp-message.ts'
import { completePair, isFresh, readPair, pairFiles } from '../disk/pair.ts'
import { PROFILES } from '../profiles.ts'
import { parseName } from '../encoding/rfc4514.ts'

/** For which an answer is good, in milliseconds: short, since a new one costs nothing. */
const LIFE = 10 * 60_000
/** How often the CAs on disk are looked at again, in milliseconds. */
const LOOK_AGAIN = 1_000

export class OcspResponder {
  readonly #context: Context
  readonly #responders = new Map<string, Responder>()
  /** Name of the issuer by serial number; of certificates, which never change. */
  readonly #issuers = new Map<string, string | undefined>()
  #lookedAt = 0

  constructor(context: Context) {
    this.#context = context
  }

  /** DER in, DER out: what is wrong with a request is an answer, too. Rejects with AuthorityError. */
  async answer(der: Buffer): Promise<Buffer> {
    let request: OcspRequest
    try {
      request = decodeOcspRequest(der)
    } catch (cause) {
      if (cause instanceof MalformedDer) return encodeOcspFailure('malformedRequest')
      throw cause
    }
    await this.#lookAgain()
    const { ids, nonce } = request
    const authorities = ids.map((id) => this.#authorityOf(id))
    const authority = authorities.find((one) => one !== undefined)
    // RFC 5019 §2.2.3: of certificates of which one knows nothing.
    if (!authority) return encodeOcspFailure('unauthorized')
    const answers = await Promise.all(
      ids.map(async (id, index): Promise<SingleAnswer> => {
        // One signer cannot speak for two CAs.
        const known = authorities[index]?.name === authority.name
        return { id, status: known ? await this.#statusOf(id, authority.name) : 'unknown' }
      }),
    )
    const thisUpdate = Math.floor(this.#context.settings.now() / 1000) * 1000
    const content = { answers, nonce, thisUpdate, nextUpdate: thisUpdate + LIFE }
    return encodeOcspAnswer(await this.#responderOf(authority), content)
  }

  async #statusOf({ serial }: CertificateId, issuer: string): Promise<SingleAnswer['status']> {
    if ((await this.#issuerOf(serial)) !== issuer) return 'unknown'
    return (await this.#context.revocations.current()).get(serial) ?? 'good'
  }

  async #issuerOf(serial: string): Promise<string | undefined> {
    const known = this.#issuers.get(serial)
    if (known !== undefined) return known
    const issued = await readIssued(this.#context.folder, serial)
    const name = issued && this.#context.issuerOf(issued.certificate)?.name
    // Only what is there is remembered: guessed serial numbers must not fill the memory.
    if (name !== undefined) this.#issuers.set(serial, name)
    return name
  }

  #authorityOf(id: CertificateId): CertificateAuthority | undefined {
    return this.#context.hierarchy.generations.find(({ pair }) =>
      isIssuedBy(id, pair.certificate.value),
    )
  }

  async #lookAgain(): Promise<void> {
    const now = this.#context.settings.now()
    if (Math.abs(now - this.#lookedAt) < LOOK_AGAIN) return
    await this.#context.refresh()
    this.#lookedAt = now
  }

  async #responderOf(authority: CertificateAuthority): Promise<Responder> {
    const known = this.#responders.get(authority.name)
    const { settings } = this.#context
    if (known && this.#isCurrent(known.certificate, authority)) return known
    const files = pairFiles(join(this.#context.folder, 'ocsp'), authority.name)
    const pair = await completePair(await readPair(files), {
      keyType: answeringKeyType(settings.keyType),
      keeps: () => true,
      isCurrent: (certificate) => this.#isCurrent(certificate, authority),
      issue: async (key) => {
        const issuer = issuerOf(authority.pair)
        const profile = PROFILES.ocsp
        const pem = await issue({
          profile,
          subject: encodeName(parseName(`CN=OCSP responder of ${authority.name},O=Holdfast Lab`)),
          key,
          issuer,
          validity: validityOf(profile, settings.now(), issuer),
        })
        const name = `ocsp/${authority.name}`
        await recordIssued(this.#context.folder, pem, { profile: 'ocsp', name })
        return pem
      },
    })
    const responder = { certificate: pair.certificate.value, key: pair.key.value }
    this.#responders.set(authority.name, responder)
    return responder
  }

  #isCurrent(certificate: X509Certificate, { pair }: CertificateAuthority): boolean {
    return (
      isFresh(certificate, this.#context.settings.now()) &&
      certificate.verify(pair.certificate.value.publicKey)
    )
  }
}

/** Of a signer that lives for thirty days: RSA of 4096 bits would take five times as long to answer. */
function answeringKeyType(keyType: KeyType): KeyType {
  return keyType.startsWith('RSA') ? 'RSA-2048' : keyType
}
