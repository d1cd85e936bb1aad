/** A certificate from somebody's request, by one of our profiles: theirs are wishes, ours decides. */
import type { AlternativeNames } from '../encoding/alternative-names.ts'
import type { Authority } from '../authority.ts'
import { compromisedKeys, type Context } from '../context.ts'
import { type Csr, CsrError, readCsr } from '../encoding/csr.ts'
import { type DistinguishedName, encodeName } from '../encoding/distinguished-name.ts'
import { AuthorityError } from '../error.ts'
import { encodeAlternativeNames } from '../encoding/alternative-names.ts'
import { issue, NO_NAME, validityOf } from './issue.ts'
import { keyFingerprint, recordIssued } from './issued.ts'
import { X509Certificate } from 'node:crypto'
import { checkNames } from './names.ts'
import { type LeafProfile, type Profile, PROFILES } from '../profiles.ts'

/** What a requester gets; the key is theirs. PEM. */
export interface SignedRequest {
  readonly certificate: string
  /** The leaf, then the issuing CA. */
  readonly chain: string
  readonly serial: string
  /** What was asked for and not given, in words. */
  readonly dropped: readonly string[]
}

const KINDS = ['dns', 'uri', 'ip', 'email'] as const

/**
 * `csr` is PEM or DER. Its signature is checked; its subject and those names that the profile allows
 * go into the certificate, all else follows from the profile. Rejects with AuthorityError
 * `bad-request` and has then written nothing.
 */
export async function signRequest(
  { context }: Pick<Authority, 'context'>,
  csr: string | Buffer,
  profileName: LeafProfile,
): Promise<SignedRequest> {
  const { folder, settings } = context
  const request = read(csr)
  await context.refresh()
  await checkKey(context, request)
  const profile: Profile = PROFILES[profileName]
  const allowed = Object.fromEntries(
    KINDS.filter((kind) => profile.names.includes(kind)).map((kind) => [
      kind,
      request.alternativeNames[kind] ?? [],
    ]),
  )
  checkSubject(request.name, profile)
  checkNames('request', profileName, { name: request.name, alternativeNames: allowed })
  const { issuer, status } = await context.signer()
  const certificate = await issue({
    profile,
    subject: request.name.length === 0 ? NO_NAME : encodeName(request.name),
    alternativeNames: encodeAlternativeNames(allowed),
    key: request.publicKey,
    issuer,
    validity: validityOf(profile, settings.now(), issuer),
    status,
  })
  await recordIssued(folder, certificate, { profile: profileName, name: undefined })
  return {
    certificate,
    chain: certificate + issuer.certificate,
    serial: new X509Certificate(certificate).serialNumber,
    dropped: [...dropped(request.alternativeNames, allowed), ...request.otherWishes],
  }
}

function read(csr: string | Buffer): Csr {
  try {
    return readCsr(csr)
  } catch (cause) {
    if (!(cause instanceof CsrError)) throw cause
    throw refuse(cause.message, cause)
  }
}

async function checkKey({ revocations }: Context, { publicKey }: Csr): Promise<void> {
  const compromised = compromisedKeys(await revocations.current())
  if (!compromised.has(keyFingerprint(publicKey))) return
  throw refuse('is for a key that was revoked as compromised')
}

function checkSubject(name: DistinguishedName, profile: Profile): void {
  if (name.length === 0 && !profile.onlyName) throw refuse('has no subject')
  const texts = name.flat().map((attribute) => ('text' in attribute ? attribute.text : ''))
  // A newline makes two attributes of one in what many programs print and some compare.
  if (texts.some((text) => /\p{Cc}/u.test(text))) {
    throw refuse('has control characters in its subject')
  }
}

function dropped(asked: AlternativeNames, given: AlternativeNames): string[] {
  return KINDS.flatMap((kind) =>
    (asked[kind] ?? [])
      .filter((name) => !given[kind]?.includes(name))
      .map((name) => `${kind} ${name}`),
  )
}

function refuse(problem: string, cause?: unknown): AuthorityError {
  const remedy = 'Ask again with a good key, a plain subject and names that the profile allows'
  return new AuthorityError({ code: 'bad-request', file: 'request', problem, remedy }, cause)
}
