/** The OpenID Foundation's plans for authorization servers, in every variant that the lab answers. */
import type { Binding } from '../clients/clients.ts'

export interface PlanRun {
  /** Its name with us, its alias with the suite, and what its two clients are called after. */
  readonly label: string
  /** What the suite calls the plan. */
  readonly plan: string
  readonly variant: Variant
  readonly authentication: 'private_key_jwt' | 'tls_client_auth'
  readonly binding: Binding
  readonly flow: 'authorization_code' | 'client_credentials' | 'ciba'
  readonly openid: boolean
  readonly profile: 'fapi2-security-profile' | 'fapi2-message-signing' | 'fapi-ciba'
}

type Variant = { readonly [parameter: string]: string }

/** The suite says `mtls` for what RFC 8705 calls `tls_client_auth`. */
const AUTHENTICATIONS = [
  { authentication: 'private_key_jwt', client_auth_type: 'private_key_jwt', word: 'jwt' },
  { authentication: 'tls_client_auth', client_auth_type: 'mtls', word: 'tls' },
] as const

const WITH_USER = [
  { openid: true, variant: { openid: 'openid_connect' }, word: 'openid' },
  { openid: false, variant: { openid: 'plain_oauth' }, word: 'oauth' },
] as const

const CLIENTS = AUTHENTICATIONS.flatMap(({ authentication, client_auth_type, word }) =>
  (['dpop', 'mtls'] as const).map((binding) => ({
    authentication,
    binding,
    variant: { client_auth_type, sender_constrain: binding },
    words: `${word}-${binding}`,
  })),
)

const securityProfile = CLIENTS.flatMap(({ words, variant, ...client }): PlanRun[] => [
  ...WITH_USER.map(({ openid, variant: user, word }): PlanRun => ({
    authentication: client.authentication,
    binding: client.binding,
    label: `security-profile-${words}-${word}`,
    plan: 'fapi2-security-profile-final-test-plan',
    variant: { ...user, ...variant, fapi_profile: 'plain_fapi' },
    flow: 'authorization_code',
    openid,
    profile: 'fapi2-security-profile',
  })),
  {
    ...client,
    label: `client-credentials-${words}`,
    plan: 'fapi2-security-profile-final-test-plan',
    variant: {
      openid: 'plain_oauth',
      ...variant,
      fapi_profile: 'fapi_client_credentials_grant',
    },
    flow: 'client_credentials',
    openid: false,
    profile: 'fapi2-security-profile',
  },
])

const messageSigning = CLIENTS.flatMap(({ words, variant, ...client }) =>
  WITH_USER.map(({ openid, variant: user, word }): PlanRun => ({
    authentication: client.authentication,
    binding: client.binding,
    label: `message-signing-${words}-${word}`,
    plan: 'fapi2-message-signing-final-test-plan',
    variant: {
      ...user,
      ...variant,
      fapi_profile: 'plain_fapi',
      fapi_request_method: 'signed_non_repudiation',
      fapi_response_mode: 'jarm',
    },
    flow: 'authorization_code',
    openid,
    profile: 'fapi2-message-signing',
  })),
)

const ciba = AUTHENTICATIONS.flatMap(({ authentication, client_auth_type, word }) =>
  (['poll', 'ping'] as const).map((ciba_mode): PlanRun => ({
    authentication,
    binding: 'mtls',
    label: `ciba-${word}-${ciba_mode}`,
    plan: 'fapi-ciba-id1-test-plan',
    variant: {
      client_auth_type,
      ciba_mode,
      fapi_ciba_profile: 'plain_fapi',
      client_registration: 'static_client',
    },
    flow: 'ciba',
    openid: true,
    profile: 'fapi-ciba',
  })),
)

export const PLAN_RUNS: readonly PlanRun[] = [...securityProfile, ...messageSigning, ...ciba]

/**
 * @param wanted a label, the beginning of some, or the suite's name of a plan; none: all
 * @returns empty where nothing is called so
 */
export const planRuns = (wanted?: string): readonly PlanRun[] =>
  PLAN_RUNS.filter(
    ({ label, plan }) => wanted === undefined || label.startsWith(wanted) || plan === wanted,
  )
