/** Revocation: written first, then published; it holds from the moment this resolves. */
import type { Context } from '../context.ts'
import type { Authority } from '../authority.ts'
import { AuthorityError } from '../error.ts'
import { findIssued } from '../issuing/find.ts'
import { keyFingerprint } from '../issuing/issued.ts'
import { publishStatus } from './publish.ts'
import { REVOCATION_REASONS, type Revocation, type RevocationReason } from './revocations.ts'

/**
 * `which` is PEM, a serial number or a name. Revoking twice answers the first revocation; a hold can
 * become any other. Rejects with AuthorityError `unknown` for a certificate that is not ours.
 */
export async function revoke(
  { context }: Pick<Authority, 'context'>,
  which: string,
  reason: RevocationReason = 'unspecified',
): Promise<Revocation> {
  await context.refresh()
  if (!Object.hasOwn(REVOCATION_REASONS, reason)) {
    throw badRequest(
      context,
      `cannot revoke for ${JSON.stringify(reason)}`,
      `Use one of ${Object.keys(REVOCATION_REASONS).join(', ')}`,
    )
  }
  const { serial, certificate } = await findIssued(context, which)
  const issuer = context.issuerOf(certificate)
  if (!issuer) throw badRequest(context, `no longer has the CA of ${serial}`, 'Put its files back')
  const revocation = await context.revocations.add({
    serial,
    issuer: issuer.name,
    reason,
    at: Math.floor(context.settings.now() / 1000) * 1000,
    expires: certificate.validToDate.getTime(),
    key: keyFingerprint(certificate.publicKey),
  })
  await publishStatus(context)
  return revocation
}

/** Ends a hold (RFC 5280 §5.3.1); nothing else can be taken back. */
export async function release(
  { context }: Pick<Authority, 'context'>,
  which: string,
): Promise<void> {
  await context.refresh()
  const { serial } = await findIssued(context, which)
  const standing = (await context.revocations.current()).get(serial)
  if (standing?.reason !== 'certificateHold') {
    throw badRequest(context, `does not hold ${serial}`, 'Only certificateHold can be taken back')
  }
  await context.revocations.remove(serial)
  await publishStatus(context)
}

function badRequest({ folder }: Context, problem: string, remedy: string): AuthorityError {
  return new AuthorityError({ code: 'bad-request', file: folder, problem, remedy })
}
