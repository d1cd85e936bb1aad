/** Paths, the same on both listeners. */
export const endpoints = {
  authorization: '/authorize',
  token: '/token',
  pushed_authorization_request: '/par',
  introspection: '/introspect',
  revocation: '/revoke',
  userinfo: '/userinfo',
  /** Served where a profile with CIBA is on offer. */
  backchannel_authentication: '/backchannel',
  device_authorization: '/device-authorization',
  /** Where end-users enter the code that a device shows them (RFC 8628 §3.3). */
  code_verification: '/device',
  /** Where a client sends its end-user to be logged out. */
  end_session: '/logout',
  /** Served where issuers of software statements are configured (RFC 7591). */
  registration: '/register',
  jwks: '/jwks',
  status: '/status',
} as const

/** RFC 8705 §5: the endpoints at which a client may have to show a certificate. */
const aliased = [
  'token',
  'pushed_authorization_request',
  'introspection',
  'revocation',
  'userinfo',
  'device_authorization',
] as const satisfies readonly (keyof typeof endpoints)[]

export const aliasedPaths: ReadonlySet<string> = new Set([
  ...aliased.map((name) => endpoints[name]),
  endpoints.backchannel_authentication,
])

/** The value of `mtls_endpoint_aliases`: every key also exists at top level. */
export const mtlsEndpointAliases = (mtlsOrigin: string): { [endpoint: string]: string } =>
  Object.fromEntries(aliased.map((name) => [`${name}_endpoint`, mtlsOrigin + endpoints[name]]))

/** Endpoints that take POST and nothing else (RFC 9126 §2.3, RFC 6749 §3.2, RFC 7662 §2.1, RFC 7009 §2.1, RFC 8628 §3.1). */
export const postOnly: ReadonlySet<string> = new Set([
  endpoints.token,
  endpoints.pushed_authorization_request,
  endpoints.introspection,
  endpoints.revocation,
  endpoints.backchannel_authentication,
  endpoints.device_authorization,
])

/** Where end-users decide about what clients asked behind their backs (CIBA). */
export const approvals = '/approvals'

/** What the pages on which end-users log out lead to. The library makes up the first. */
export const logout = {
  confirm: `${endpoints.end_session}/confirm`,
  stay: `${endpoints.end_session}/stay`,
} as const

/** Where end-users see which applications have access, and withdraw it. */
export const applications = '/applications'

/** Where end-users are asked something. */
export const interactionPath = (uid: string): string => `/interaction/${uid}`

/** By the first segment of their paths. */
const pages: ReadonlySet<string | undefined> = new Set(
  [
    endpoints.authorization,
    endpoints.code_verification,
    endpoints.end_session,
    interactionPath(''),
    approvals,
    applications,
  ].map(firstSegment),
)

/** Answers of these paths are pages for a person; all others are JSON. */
export const isForPeople = (path: string): boolean => pages.has(firstSegment(path))

function firstSegment(path: string): string | undefined {
  return path.split('/', 2)[1]
}

/**
 * The library also takes `/TOKEN` and `/token/` for the token endpoint; whoever decides by the path
 * before it does not. So there is one spelling; only what the library made up has capitals.
 */
export const isCanonical = (path: string): boolean =>
  /^(\/(authorize|interaction|device)\/[\w-]+)?(\/[a-z0-9._-]+)*$/.test(path)
