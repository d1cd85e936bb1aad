import { errors, interactionPolicy } from 'oidc-provider'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Configuration } from '../../configuration/configuration.ts'
import { isLoggedIn } from '../../end-users/users.ts'
import { scopeList } from '../../vocabulary/scopes.ts'

/** How an end-user was authenticated (`acr`): by a password, or by a second factor as well. */
export const PASSWORD = 'urn:holdfast:pwd'
export const SECOND_FACTOR = 'urn:holdfast:mfa'

/** What this server can do, the weakest first: whoever wants less is content with more. */
export const acrValues = ({ secondFactor }: Configuration): readonly [string, ...string[]] =>
  secondFactor === 'off' ? [PASSWORD] : [PASSWORD, SECOND_FACTOR]

/**
 * When end-users are asked to log in, and for the second factor (RFC 9470 §4): as `acr_values` and
 * `max_age` want it, whatever the session is good for. The library sees to `max_age` by itself.
 */
export function authenticationPolicy(configuration: Configuration): interactionPolicy.Prompt[] {
  const { base, Check, Prompt } = interactionPolicy
  const known = acrValues(configuration)
  const isWanting = ({ oidc }: KoaContextWithOIDC): boolean =>
    known.indexOf(oidc.session?.acr ?? '') < weakestWanted(oidc.params?.['acr_values'], known)
  const secondFactor = new Prompt(
    { name: 'second_factor' },
    // A second factor is no new login: max_age goes on counting from the password.
    ({ oidc }) => ({ auth_time: oidc.session?.authTime() }),
    new Check(
      'acr_values',
      'a second factor is asked for',
      'unmet_authentication_requirements',
      isWanting,
    ),
  )
  const policy = base()
  policy.get('login')?.checks.add(
    new Check('password', 'the login no longer counts', 'login_required', ({ oidc }) => {
      const { accountId, loginTs } = oidc.session ?? {}
      return accountId !== undefined && !isLoggedIn(oidc.entities.Account, loginTs)
    }),
  )
  policy.get('login')?.checks.add(
    new Check(
      'acr',
      'a login of another kind is asked for',
      'unmet_authentication_requirements',
      (ctx) => {
        const wanted = weakestWanted(ctx.oidc.params?.['acr_values'], known)
        const { accountId, acr = '' } = ctx.oidc.session ?? {}
        return wanted >= 0 && accountId !== undefined && !known.includes(acr)
      },
    ),
  )
  policy.add(secondFactor, 1) // after the login, before the consent
  return policy
}

/**
 * The least of what a client would be content with; -1: anything.
 *
 * @throws errors.UnmetAuthenticationRequirements where that is nothing that there is (RFC 9470 §5)
 */
function weakestWanted(wanted: unknown, known: readonly string[]): number {
  const values = scopeList(wanted)
  if (values.length === 0) return -1
  const found = known.findIndex((acr) => values.includes(acr))
  if (found !== -1) return found
  throw new errors.UnmetAuthenticationRequirements(`acr_values that can be met: ${known.join(' ')}`)
}

/** On another device (CIBA) there is a password and nothing else. @throws the same */
export function refuseMoreThanPassword({ oidc }: KoaContextWithOIDC): void {
  weakestWanted(oidc.params?.['acr_values'], [PASSWORD])
}

/** For access tokens (RFC 9470 §6): how the end-user was authenticated, and when, however old the grant. */
export function authenticationClaims({ oidc: { entities } }: KoaContextWithOIDC) {
  const source =
    entities.AuthorizationCode ??
    entities.RefreshToken ??
    entities.DeviceCode ??
    entities.BackchannelAuthenticationRequest
  const { acr, authTime } = source ?? {}
  return {
    ...(acr !== undefined && { acr }),
    ...(authTime !== undefined && { auth_time: authTime }),
  }
}
