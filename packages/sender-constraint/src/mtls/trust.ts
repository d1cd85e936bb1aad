import type { X509Certificate } from 'node:crypto'
import type { CertificateVerdict, Facts } from '../facts.ts'
import type { Policy } from '../policy.ts'
import { type CheckOf, quote } from '../row.ts'

/**
 * Says whether a client certificate is good (RFC 5280 §6): of a trusted authority, for this purpose,
 * at this time, not revoked. Synchronous and from memory: it is asked at every request, because on
 * a connection that stays open a certificate may expire or be revoked. Does not throw.
 *
 * @param intermediates what the client sent with it, as far as that is known: none where Node shows
 *   the leaf only, as on a resumed connection. Who answers knows the intermediates of its own CAs.
 * @param at milliseconds since the epoch
 */
export type CertificateStatus = (
  leaf: X509Certificate,
  intermediates: readonly X509Certificate[],
  purpose: 'client',
  at: number,
) => CertificateVerdict

// As with the validity period: a stray certificate beside a DPoP-bound token is nobody's concern.
const matters = ({ token }: Facts, policy: Policy): boolean =>
  policy.certificateTrust === 'pki' &&
  token !== undefined &&
  'confirmation' in token &&
  token.confirmation.x5t !== undefined

export const trustAvailable: CheckOf<'certificate'> = (facts, policy) => {
  const { trust } = facts.certificate
  return matters(facts, policy) && trust?.ok === false && trust.unavailable
    ? { expected: 'the status of the certificate', actual: quote(trust.reason) }
    : undefined
}

export const trusted: CheckOf<'certificate'> = (facts, policy) => {
  const { trust } = facts.certificate
  if (!matters(facts, policy) || trust?.ok) return undefined
  return {
    expected: 'a certificate that can be trusted',
    actual: trust ? `${quote(trust.reason)} (${quote(trust.clause)})` : 'nobody was asked',
  }
}
