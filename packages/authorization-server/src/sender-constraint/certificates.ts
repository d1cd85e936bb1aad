import type { X509Certificate } from 'node:crypto'
import { TLSSocket } from 'node:tls'
import { type CertificateVerdict, Recent } from '@holdfast/sender-constraint'
import type { Context } from 'koa'
import { errors } from 'oidc-provider'
import type { KoaContextWithOIDC, MTLSConfiguration } from 'oidc-provider'
import { Unavailable } from '../records/unavailable.ts'

/** Decides about client certificates; given by the caller, who knows the PKI. */
export interface CertificateJudge {
  /** Path, purpose and revocation (RFC 8705 §2.1). Asked for `tls_client_auth` only. */
  validate(certificate: X509Certificate, socket: TLSSocket): CertificateVerdict
  /**
   * Whether the registered member of the subject, such as `tls_client_auth_san_dns`, is this. A
   * matter of the two alone: whoever was told so does not ask again.
   */
  subjectMatches(certificate: X509Certificate, property: string, expected: string): boolean
}

/** What OpenSSL has found in the handshake, for a server that gave it `ca`: no list of revocations is read. */
export const judgedInHandshake = ({
  authorized,
  authorizationError,
}: TLSSocket): CertificateVerdict =>
  authorized
    ? { ok: true }
    : { ok: false, clause: 'RFC5280-6.1', reason: String(authorizationError) }

/**
 * The library's hooks. It compares thumbprints itself: with the registered certificates for
 * `self_signed_tls_client_auth` (no path, RFC8705-2.2), with `cnf` for binding.
 */
export function mutualTls(judge: CertificateJudge, mtlsOrigin: string): MTLSConfiguration {
  const matching = new Recent<true>(KEPT)
  return {
    enabled: true,
    tlsClientAuth: true,
    selfSignedTlsClientAuth: true,
    certificateBoundAccessTokens: true,
    getCertificate(ctx) {
      const certificate = certificateOf(ctx, mtlsOrigin)
      if (!certificate && isBoundOnly(ctx))
        // The library says invalid_grant; this is about the request, not about the grant.
        throw new errors.InvalidRequest(
          'no client certificate was presented; use the mtls_endpoint_aliases',
        )
      return certificate
    },
    certificateAuthorized(ctx) {
      const certificate = certificateOf(ctx, mtlsOrigin)
      const { socket } = ctx.req
      if (!certificate || !(socket instanceof TLSSocket)) return false
      return isGood(judge.validate(certificate, socket))
    },
    certificateSubjectMatches(ctx, property, expected) {
      const certificate = certificateOf(ctx, mtlsOrigin)
      if (!certificate) return false
      const asked = [certificate.fingerprint256, property, expected].join(' ')
      const matches = matching.get(asked) ?? judge.subjectMatches(certificate, property, expected)
      if (matches) matching.keep(asked, true)
      return matches
    },
  }
}

/**
 * @throws errors.InvalidClientAuth with what speaks against the certificate, for the audit
 * @throws Unavailable where that cannot be said now
 */
function isGood(verdict: CertificateVerdict): true {
  if (verdict.ok) return true
  const { clause, reason, unavailable } = verdict
  if (unavailable) throw new Unavailable('certificates cannot be looked up now', reason)
  throw new errors.InvalidClientAuth(`${clause}: ${reason}`)
}

/** Certificates that are known to match. */
const KEPT = 1_000

/** By request: reading one from the connection is not for nothing, and it is asked for thrice. */
const presented = new WeakMap<object, X509Certificate>()

/** From the socket of the listener that asks for one, and from nowhere else. */
export function certificateOf(
  ctx: Pick<Context, 'req' | 'host'>,
  mtlsOrigin: string,
): X509Certificate | undefined {
  const { req } = ctx
  const read = presented.get(req)
  // The listeners pin the host (see http/listeners.ts), so the host says which of them this is. Not
  // `ctx.origin`: in Koa 3 that is the Origin header of the request.
  if (read || mtlsOrigin !== `https://${ctx.host}` || !(req.socket instanceof TLSSocket))
    return read
  const certificate = req.socket.getPeerX509Certificate()
  if (certificate) presented.set(req, certificate)
  return certificate
}

const isBoundOnly = ({ oidc }: KoaContextWithOIDC): boolean =>
  oidc.route === 'token' && oidc.client?.clientAuthMethod === 'private_key_jwt'
