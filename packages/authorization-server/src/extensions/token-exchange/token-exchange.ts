import { certificateFacts } from '@holdfast/sender-constraint'
import { errors } from 'oidc-provider'
import type { AccessToken, Provider, TokenEndpointGrantContext } from 'oidc-provider'
import {
  buildTokenResponse,
  checkDpopRequired,
  checkMtlsCert,
  resolveRequestedResources,
} from 'oidc-provider/lib/helpers/grants.js'
import { certificateOf } from '../../sender-constraint/certificates.ts'
import { offeredBy } from '../../profiles/profiles.ts'
import type { House } from '../../house.ts'
import { EXCHANGE_GRANT, GOOD_TOKENS } from './requirements.ts'
import { acceptedProof } from '../../sender-constraint/library.ts'
import { endGrant, exchangesOf } from '../../status-list/revocations.ts'
import { seconds } from '../../vocabulary/time.ts'
import { claimsOfExchange } from './claims.ts'
import { type Confirmation, type Exchange, type PresentedToken, readingExchange } from './facts.ts'
import { ExchangeRefused } from './refused.ts'

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

const PARAMETERS = [
  'resource',
  'audience',
  'scope',
  'requested_token_type',
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
]

/** Seconds by which the record of an exchange outlives its token: clocks differ. */
const MARGIN = 60

type Checked = Exchange & { readonly subject: PresentedToken }

/** Registers the grant (RFC 8693). What must hold for it are rows of the caller's profile. */
export function registerTokenExchange(provider: Provider, house: House): void {
  const { records, configuration } = house
  const { read, find } = readingExchange(provider, house)
  const { requirementsOf, termsOf } = offeredBy(configuration, house.rowsOut)

  /** @throws ExchangeRefused by the first row that does not hold */
  function checked(exchange: Exchange): Checked {
    const { subject, caller } = exchange
    const rows = requirementsOf(caller['profile'])
    const broken = rows.find((row) => row.exchange?.holds(exchange) === false)
    if (broken || !subject) throw new ExchangeRefused(broken ?? GOOD_TOKENS)
    return { ...exchange, subject }
  }

  /** Each exchange is a grant, so that its token can be ended alone; it is noted with its subject token. */
  async function grantFor({ subject, caller, target = '', scopes }: Checked, exp: number) {
    const grant = new provider.Grant({ accountId: subject.sub, clientId: caller.clientId })
    grant.addResourceScope(target, scopes.join(' '))
    grant.exp = exp + MARGIN
    const id = await grant.save()
    const expiresAt = grant.exp * 1_000
    await records.upsert({
      kind: 'Exchange',
      id,
      payload: {},
      expiresAt,
      grant: exchangesOf(subject.id),
    })
    return id
  }

  /** The new token: constrained as its client is, and no longer than the tokens that were presented. */
  async function tokenFor(ctx: TokenEndpointGrantContext, exchange: Checked): Promise<AccessToken> {
    const { subject, actor, caller, target, scopes, details } = exchange
    ctx.oidc.params.resource = target
    const [resourceServer] = await resolveRequestedResources(provider, ctx)
    if (!resourceServer) throw new errors.InvalidTarget('no such resource')
    const now = seconds()
    const life = resourceServer.accessTokenTTL ?? configuration.lifetimes.accessToken
    const exp = Math.min(now + life, subject.exp, actor?.exp ?? Infinity)
    return new provider.AccessToken({
      accountId: subject.sub,
      client: caller,
      grantId: await grantFor(exchange, exp),
      gty: 'token_exchange',
      resourceServer,
      scope: scopes.join(' '),
      exp,
      expiresIn: exp - now,
      extra: claimsOfExchange(exchange, subject),
      ...(details.length > 0 && { rar: [...details] }),
    })
  }

  async function answer(ctx: TokenEndpointGrantContext): Promise<void> {
    const { client: caller, params } = ctx.oidc
    const proof = acceptedProof(ctx, termsOf)
    checkDpopRequired(provider, ctx, proof)
    const certificate = checkMtlsCert(provider, ctx)
    const shown = certificateOf(ctx, configuration.mtlsOrigin)
    const proven: Confirmation = {
      jkt: proof?.thumbprint,
      'x5t#S256': shown && certificateFacts(shown).thumbprint,
    }
    const token = await tokenFor(ctx, checked(await read({ params, caller, proven })))
    if (certificate) token.setThumbprint('x5t', certificate)
    if (proof) token.setThumbprint('jkt', proof.thumbprint)
    const accessToken = await token.save()
    // Whoever ends the subject token ends what is noted with it, and whoever removes the caller its
    // grants; if we were late, it is gone by now.
    const stands = await find(params['subject_token'])
    if (!stands || !(await records.find('Client', caller.clientId))) {
      await endGrant(records, token.grantId)
      throw new ExchangeRefused(GOOD_TOKENS)
    }
    ctx.oidc.entity('AccessToken', token)
    ctx.body = buildTokenResponse(provider, {
      accessToken,
      ...(token.rar && { authorizationDetails: token.rar }), // RFC9396-7
      issuedTokenType: ACCESS_TOKEN,
      expiresIn: token.expiration,
      ...(token.scope && { scope: token.scope }),
      tokenType: token.tokenType,
    })
  }

  provider.registerGrantType(EXCHANGE_GRANT, answer, PARAMETERS)
}
