import { errors, Provider } from 'oidc-provider'
import type { Client, KoaContextWithOIDC } from 'oidc-provider'
import * as grants from 'oidc-provider/lib/actions/grants/index.js'
import * as helpers from 'oidc-provider/lib/helpers/grants.js'
import instance from 'oidc-provider/lib/helpers/weak_cache.js'
import type { Offered } from '../profiles/requirement.ts'
import { decidedOn } from './decided.ts'

/**
 * Tells the library that nonces are ours (RFC 9449 §8). It takes a proof with a nonce only if it has
 * made the nonce itself, from a clock alone: such nonces outlive the memory of used proofs. Here it
 * asks about a proof that our rows have let through, and is told that the nonce is good and that the
 * next one is the same, so that it sends none.
 */
export function ownNonces(provider: Provider): void {
  instance(provider).DPoPNonces = {
    checkChallenge: () => decidedOn(Provider.ctx)?.proof !== undefined,
    nextChallenge: () => decidedOn(Provider.ctx)?.proof?.jws.claims['nonce'],
  }
}

/**
 * Tells the library's grants which proof our rows have let through. What a grant works with is given
 * to it, so it need not read the proof, import its key and verify it once more, for a quarter of the
 * time that a token takes. Without a proof it refuses a client that must have one, as ever.
 */
export function ownProofs(provider: Provider, termsOf: Offered['termsOf']): void {
  const bound = Object.entries(helpers).map(([name, helper]) => [
    name,
    (...args: never[]): unknown => Reflect.apply(helper, undefined, [provider, ...args]),
  ])
  const validateDpop = (ctx: KoaContextWithOIDC) => acceptedProof(ctx, termsOf)
  const given = { ...Object.fromEntries(bound), validateDpop }
  const { grantTypeHandlers } = instance(provider)
  for (const { grantType, handler } of Object.values(grants))
    if (grantTypeHandlers.has(grantType))
      grantTypeHandlers.set(grantType, (ctx) => handler(provider, given, ctx))
}

/**
 * The proof of a request for tokens that our rows have let through, as a grant wants it. Grants ask
 * for it before they use up what is presented. Our rows come before the client is known: whether it
 * may prove a key, and by which algorithm, is looked at here.
 *
 * @throws errors.InvalidRequest for a client whose tokens are constrained by its certificate
 * @throws errors.InvalidDpopProof for one signed beyond its profile (FAPI2SP-5.4.1-1)
 */
export function acceptedProof(
  ctx: KoaContextWithOIDC,
  termsOf: Offered['termsOf'],
): helpers.DPoPValidationResult | undefined {
  const { header, jws } = decidedOn(ctx)?.proof ?? {}
  if (!jws || header?.thumbprint === undefined) return undefined
  const { client } = ctx.oidc
  refuseKeyBesideCertificate(client)
  const { algorithms } = termsOf(client?.['profile'])
  const { alg } = jws.header
  const name = alg === 'Ed25519' ? 'EdDSA' : alg // RFC 9864's name for it
  if (!algorithms.some((allowed) => allowed === name)) {
    const sentence = `alg of the DPoP proof is none of ${algorithms.join(', ')}`
    throw Object.assign(new errors.InvalidDpopProof(sentence), { clause: 'FAPI2SP-5.4.1-1' })
  }
  const { jti, iat } = jws.claims
  return { thumbprint: header.thumbprint, jti: String(jti), iat: Number(iat) }
}

function refuseKeyBesideCertificate(client: Client | undefined): void {
  if (client?.['tlsClientCertificateBoundAccessTokens'] === true)
    throw new errors.InvalidRequest('the tokens of this client are constrained by its certificate')
}

/**
 * RFC9449-10.1: a request that is pushed with a proof is bound to its key, as by `dpop_jkt`. What no
 * token request could live up to is refused where it is asked for.
 *
 * @throws as `acceptedProof`; errors.InvalidDpopProof where `dpop_jkt` is there and names another
 */
export const bindToProof =
  (termsOf: Offered['termsOf']) =>
  (ctx: KoaContextWithOIDC, jkt: string | undefined): void => {
    if (jkt !== undefined) refuseKeyBesideCertificate(ctx.oidc.client)
    if (jkt !== undefined && !THUMBPRINT.test(jkt))
      throw new errors.InvalidRequest('dpop_jkt is no SHA-256 thumbprint of a JWK')
    const key = acceptedProof(ctx, termsOf)?.thumbprint
    if (key === undefined) return
    if (jkt !== undefined && jkt !== key)
      throw new errors.InvalidDpopProof('the DPoP proof is not by the key of dpop_jkt')
    Object.assign(ctx.oidc.params ?? {}, { dpop_jkt: key })
  }

/** RFC 7638 with SHA-256, in base64url: 32 bytes. */
const THUMBPRINT = /^[\w-]{43}$/
