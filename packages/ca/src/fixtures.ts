/**
 * Misuse certificates: each is an honest client's certificate with one edit, in memory only (but for
 * `revoked`, which must stand on the list). The function's name says what is wrong; everything else
 * is as in the honest one, names included, so that a server that accepts it has missed exactly that.
 */
import { statusUrlsOf } from './status/status-urls.ts'
import { createPrivateKey, generateKeyPair, X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import type { Authority } from './authority.ts'
import { EXTENSION, fieldsOf, keyIdentifierOf } from './encoding/certificate-fields.ts'
import { decodeName, encodeName } from './encoding/distinguished-name.ts'
import { type Issuance, issue, type Issuer, validityOf } from './issuing/issue.ts'
import { recordIssued } from './issuing/issued.ts'
import { generateKey, keyTypeOf, toPem } from './encoding/key-types.ts'
import type { Credential } from './issuing/leaf-request.ts'
import { PROFILES } from './profiles.ts'
import { formatName, parseName } from './encoding/rfc4514.ts'
import { revoke } from './status/revoke.ts'

/** The certificate and key of the client that is imitated, and what was made of them. */
export type Misuse = (authority: Authority, honest: Credential) => Promise<Credential>

const DAY = 86_400_000
const generateKeyPairs = promisify(generateKeyPair)

/** Was valid for a day, until yesterday; the rest is right, the key included. */
export const expired: Misuse = (authority, honest) => {
  const now = authority.now()
  return reissue(authority, honest, { validity: { from: now - 2 * DAY, to: now - DAY } })
}

/** Becomes valid tomorrow; the rest is right, the key included. */
export const notYetValid: Misuse = (authority, honest) => {
  const now = authority.now()
  return reissue(authority, honest, { validity: { from: now + DAY, to: now + 2 * DAY } })
}

/**
 * Same subject, alternative names, serial number and issuer name, but another key and signed by
 * another CA, which nobody trusts: for servers that know certificates by issuer and serial.
 */
export const twin: Misuse = async (authority, honest) => {
  const issuer = await impostor(
    authority,
    fieldsOf(new X509Certificate(authority.issuer.certificate)).subject,
  )
  const serial = new X509Certificate(honest.certificate).serialNumber
  return reissue(authority, honest, { issuer, serial, key: await anotherKey(honest) })
}

/** Same subject, alternative names and serial number, signed by its own key instead of a CA. */
export const selfSignedTwin: Misuse = async (authority, honest) => {
  const serial = new X509Certificate(honest.certificate).serialNumber
  const key = await anotherKey(honest)
  return reissue(authority, honest, { issuer: undefined, serial, key })
}

/** Valid, of the same key: what an honest renewal gives. Another thumbprint, so another binding. */
export const renewedWithSameKey: Misuse = (authority, honest) => reissue(authority, honest, {})

/** Valid, of another key, same subject: matches `tls_client_auth`, not the token's thumbprint. */
export const renewedWithNewKey: Misuse = async (authority, honest) =>
  reissue(authority, honest, { key: await anotherKey(honest) })

/**
 * Of another owner: the common name, one value, is the text of the honest subject. A server that
 * compares names as text, without looking where a value ends, takes one for the other.
 */
export const nameInOneValue: Misuse = async (authority, honest) => {
  const { subject } = fieldsOf(new X509Certificate(honest.certificate))
  const text = formatName(decodeName(subject)).replace(/^CN=/, '')
  const [{ type } = { type: '' }] = parseName('CN=x').flat()
  const name = encodeName([[{ type, text }]])
  return reissue(authority, honest, { subject: name, key: await anotherKey(honest) })
}

/** May only authenticate servers (extended key usage serverAuth); the rest is right. */
export const wrongPurpose: Misuse = (authority, honest) =>
  reissue(authority, honest, { profile: PROFILES.server })

/** A well-formed client certificate, with its chain, of a CA that nobody trusts. */
export const unknownRoot: Misuse = async (authority, honest) => {
  const issuer = await impostor(authority, encodeName(parseName('CN=Unknown Issuing CA')))
  return reissue(authority, honest, { issuer, key: await anotherKey(honest) })
}

/** The twin, which moreover names our issuing CA's key as its signer's, and is sent with that CA. */
export const twinNamingOurKey: Misuse = async (authority, honest) => {
  const ours = fieldsOf(new X509Certificate(authority.issuer.certificate))
  const issuer = await impostor(authority, ours.subject)
  const serial = new X509Certificate(honest.certificate).serialNumber
  const made = await reissue(authority, honest, {
    issuer,
    serial,
    key: await anotherKey(honest),
    authorityKeyIdentifier: (keyIdentifierOf(ours) ?? Buffer.alloc(0)).toString('hex'),
  })
  return { ...made, chain: made.certificate + authority.issuing }
}

/** Revoked, and published: the only fixture that the authority's folder shows. */
export const revoked: Misuse = async (authority, honest) => {
  const made = await reissue(authority, honest, {})
  const record = { profile: 'client', name: undefined } as const
  await recordIssued(authority.context.folder, made.certificate, record)
  // Not keyCompromise: the key is that of the honest one, which would be refused ever after.
  await revoke(authority, made.certificate, 'privilegeWithdrawn')
  return made
}

/** A CA certificate (cA is true, it may sign certificates) with which a client authenticates. */
export const caAsClient: Misuse = (authority, honest) =>
  reissue(authority, honest, {
    profile: {
      ...PROFILES.issuing,
      keyUsage: ['digitalSignature', 'keyCertSign', 'cRLSign'],
      extendedKeyUsage: PROFILES.client.extendedKeyUsage,
    },
  })

/** The honest certificate itself, sent without the issuing CA. */
export const missingIntermediate: Misuse = (_, honest) =>
  Promise.resolve({ ...honest, chain: honest.certificate })

/** An RSA key of 1024 bits; the signature over it is good. */
export const rsa1024: Misuse = async (authority, honest) => {
  const { privateKey } = await generateKeyPairs('rsa', { modulusLength: 1024 })
  return reissue(authority, honest, { key: privateKey })
}

/** Signed by the right CA, over a SHA-1 hash. */
export const sha1Signature: Misuse = (authority, honest) =>
  reissue(authority, honest, { hash: 'SHA-1' })

/**
 * Valid and to be accepted. The x coordinate of its key begins with a zero byte: whoever writes it as
 * a number of fewer bytes computes another JWK thumbprint (RFC 7518 §6.2.1.2 wants all 32).
 */
export const zeroCoordinate: Misuse = async (authority, honest) => {
  for (;;) {
    const { privateKey } = await generateKeyPairs('ec', { namedCurve: 'P-256' })
    const { x = '' } = privateKey.export({ format: 'jwk' })
    // One key in 256; the search takes about ten milliseconds.
    if (Buffer.from(x, 'base64url')[0] === 0) return reissue(authority, honest, { key: privateKey })
  }
}

/** The honest certificate again with a new serial number, edited. */
async function reissue(
  authority: Authority,
  honest: Credential,
  edit: Partial<Issuance>,
): Promise<Credential> {
  const { subject, extensions } = fieldsOf(new X509Certificate(honest.certificate))
  const { settings, hierarchy } = authority.context
  const issuance: Issuance = {
    profile: PROFILES.client,
    subject,
    alternativeNames: extensions.get(EXTENSION.subjectAltName),
    key: createPrivateKey(honest.key),
    issuer: authority.issuer,
    validity: validityOf(PROFILES.client, authority.now(), authority.issuer),
    status: statusUrlsOf(settings.statusUrl, hierarchy.issuingName),
    ...edit,
  }
  const certificate = await issue(issuance)
  const chain = certificate + (issuance.issuer?.certificate ?? '')
  return { certificate, chain, key: toPem(issuance.key) }
}

/** An issuing CA of the given name under a root of its own, which bears the name of ours. */
async function impostor(authority: Authority, subject: Buffer): Promise<Issuer> {
  const now = authority.now()
  const rootKey = await generateKey('EC-P256')
  const root = await issue({
    profile: PROFILES.root,
    subject: fieldsOf(new X509Certificate(authority.root)).subject,
    key: rootKey,
    validity: validityOf(PROFILES.root, now),
  })
  const key = await generateKey('EC-P256')
  const issuer = { certificate: root, key: rootKey }
  const validity = validityOf(PROFILES.issuing, now, issuer)
  return {
    key,
    certificate: await issue({ profile: PROFILES.issuing, subject, key, issuer, validity }),
  }
}

function anotherKey(honest: Credential): ReturnType<typeof generateKey> {
  return generateKey(keyTypeOf(createPrivateKey(honest.key)) ?? 'EC-P256')
}
