/** What each misuse fixture is, for those who list or write them. */
import type * as fixtures from '../fixtures.ts'

export type FixtureName = keyof typeof fixtures

interface Fixture {
  /** What a server that trusts the root and checks everything does. */
  readonly verdict: 'refuse' | 'accept'
  readonly sentence: string
}

// oxfmt-ignore
export const FIXTURES: Readonly<Record<FixtureName, Fixture>> = {
  expired:             { verdict: 'refuse', sentence: 'was valid for a day, until yesterday' },
  notYetValid:         { verdict: 'refuse', sentence: 'becomes valid tomorrow' },
  revoked:             { verdict: 'refuse', sentence: 'is on the CRL (privilegeWithdrawn)' },
  wrongPurpose:        { verdict: 'refuse', sentence: 'may only authenticate servers' },
  caAsClient:          { verdict: 'refuse', sentence: 'is a CA certificate used as a client’s (OpenSSL accepts it)' },
  twin:                { verdict: 'refuse', sentence: 'same subject, serial number and issuer name, from another CA' },
  twinNamingOurKey:    { verdict: 'refuse', sentence: 'the twin, naming our CA’s key and sent with our CA' },
  selfSignedTwin:      { verdict: 'refuse', sentence: 'same subject and serial number, signed by its own key' },
  unknownRoot:         { verdict: 'refuse', sentence: 'well-formed, with its chain, of a CA nobody trusts' },
  missingIntermediate: { verdict: 'refuse', sentence: 'the honest certificate, sent without the issuing CA' },
  rsa1024:             { verdict: 'refuse', sentence: 'an RSA key of 1024 bits' },
  sha1Signature:       { verdict: 'refuse', sentence: 'signed by the right CA over a SHA-1 hash' },
  renewedWithSameKey:  { verdict: 'accept', sentence: 'valid, of the same key: another thumbprint, so another binding' },
  renewedWithNewKey:   { verdict: 'accept', sentence: 'valid, of another key, same subject' },
  nameInOneValue:      { verdict: 'accept', sentence: 'valid, of another owner: one value of its name is the text of the honest name' },
  zeroCoordinate:      { verdict: 'accept', sentence: 'valid; its x coordinate begins with a zero byte' },
}
