/** The OpenID Foundation's plans, in every variant that our servers answer and our client asks for. */
import type { Binding } from '../clients/clients.ts'

export interface PlanRun {
  /** Its name with us, its alias with the suite, and what its clients are called after. */
  readonly label: string
  readonly tested: 'servers' | 'client'
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

const CLIENTS = AUTHENTICATIONS.flatMap(({ authentication, client_auth_type, word }) =>
  (['dpop', 'mtls'] as const).map((binding) => ({
    authentication,
    binding,
    variant: { client_auth_type, sender_constrain: binding },
    words: `${word}-${binding}`,
  })),
)

/** Most plans come twice: the suite plays the client of our servers, or the servers of our client. */
interface Side {
  readonly tested: PlanRun['tested']
  /** Of the labels. */
  readonly prefix: '' | 'our-client-'
  /** What the suite's names of the plans end with. */
  readonly suffix: 'test-plan' | 'client-test-plan'
  readonly openid: Variant
  readonly oauth: Variant
}

const SERVERS: Side = {
  tested: 'servers',
  prefix: '',
  suffix: 'test-plan',
  openid: { openid: 'openid_connect' },
  oauth: { openid: 'plain_oauth' },
}

const OUR_CLIENT: Side = {
  tested: 'client',
  prefix: 'our-client-',
  suffix: 'client-test-plan',
  openid: { fapi_client_type: 'oidc' },
  oauth: { fapi_client_type: 'plain_oauth' },
}

type Client = (typeof CLIENTS)[number]

const WITH_USER = [
  { openid: true, word: 'openid' },
  { openid: false, word: 'oauth' },
] as const

const SECURITY_PROFILE = {
  name: 'security-profile',
  variant: { fapi_profile: 'plain_fapi' },
} as const

const MESSAGE_SIGNING = {
  name: 'message-signing',
  variant: {
    fapi_profile: 'plain_fapi',
    fapi_request_method: 'signed_non_repudiation',
    fapi_response_mode: 'jarm',
  },
} as const

const withUser = (
  side: Side,
  { authentication, binding, words, variant }: Client,
  profile: typeof SECURITY_PROFILE | typeof MESSAGE_SIGNING,
): readonly PlanRun[] =>
  WITH_USER.map(({ openid, word }) => ({
    tested: side.tested,
    authentication,
    binding,
    label: `${side.prefix}${profile.name}-${words}-${word}`,
    plan: `fapi2-${profile.name}-final-${side.suffix}`,
    variant: { ...side[word], ...variant, ...profile.variant },
    flow: 'authorization_code',
    openid,
    profile: `fapi2-${profile.name}`,
  }))

const withoutUser = (side: Side, { words, variant, ...client }: Client): PlanRun => ({
  ...client,
  tested: side.tested,
  label: `${side.prefix}client-credentials-${words}`,
  plan: `fapi2-security-profile-final-${side.suffix}`,
  variant: { ...side.oauth, ...variant, fapi_profile: 'fapi_client_credentials_grant' },
  flow: 'client_credentials',
  openid: false,
  profile: 'fapi2-security-profile',
})

const runsOf = (side: Side): readonly PlanRun[] => [
  ...CLIENTS.flatMap((client) => [
    ...withUser(side, client, SECURITY_PROFILE),
    withoutUser(side, client),
  ]),
  ...CLIENTS.flatMap((client) => withUser(side, client, MESSAGE_SIGNING)),
]

const ciba = AUTHENTICATIONS.flatMap(({ authentication, client_auth_type, word }) =>
  (['poll', 'ping'] as const).map((ciba_mode): PlanRun => ({
    tested: 'servers',
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

export const PLAN_RUNS: readonly PlanRun[] = [...runsOf(SERVERS), ...ciba, ...runsOf(OUR_CLIENT)]

/**
 * @param wanted a label, the beginning of some, or the suite's name of a plan; none: all
 * @returns empty where nothing is called so
 */
export const planRuns = (wanted?: string): readonly PlanRun[] =>
  PLAN_RUNS.filter(
    ({ label, plan }) => wanted === undefined || label.startsWith(wanted) || plan === wanted,
  )
