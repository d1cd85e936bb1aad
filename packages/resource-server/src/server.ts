import { KnownCredentials, Recent } from '@holdfast/sender-constraint'
import { silent } from '@holdfast/trace'
import { checkExternalUrls } from './hop/external-url.ts'
import { checkHops } from './hop/hops.ts'
import type { RoutePolicy } from './policy.ts'
import type { Protected, ServerOptions } from './protected.ts'
import { cachesOf } from './caches-of.ts'
import {
  aFunction,
  between,
  https,
  list,
  onlyKnown,
  PolicyError,
  whole,
  yesOrNo,
} from './setting.ts'

/** What `protect()` of every framework takes. */
export type ProtectOptions = ServerOptions &
  RoutePolicy & {
    /** Name our metadata document in every challenge (RFC 9728 §5.1). Default: no. */
    readonly resourceMetadata?: boolean
  }

/** What all routes of one server share, as it was configured. @throws PolicyError */
export function checkServer(options: ProtectOptions): Protected {
  onlyKnown(options, KNOWN)
  const {
    nonceLifetime = 300,
    keptKeys = 10_000,
    now = Date.now,
    observe,
    explain = false,
  } = options
  const resource = https('resource', options.resource)
  if (resource.endsWith('/')) throw new PolicyError('resource', resource, 'no slash at the end')
  const size = whole('keptKeys', keptKeys, [1, 10_000_000, 'keys'])
  const server: Protected = {
    resource,
    ...inFront(resource, options),
    certificateStatus: statusFor(options),
    tokens: aFunction('tokens', options.tokens, 'a reader of tokens, such as jwtTokens()'),
    memory: memoryOf(options),
    nonces: {
      secret: secretOf(options),
      label: resource,
      lifetime: between('nonceLifetime', nonceLifetime, [10, 3600]) * 1000,
    },
    accepted: { credentials: new KnownCredentials(size), headers: new Recent(size) },
    now: aFunction('now', now),
    report: aFunction('report', options.report ?? silent),
    observe: observe === undefined ? undefined : aFunction('observe', observe),
    explain: yesOrNo('explain', explain),
  }
  const { caches = () => {}, resourceMetadata = false } = options
  yesOrNo('resourceMetadata', resourceMetadata)
  for (const cache of cachesOf(server)) aFunction('caches', caches)(cache)
  return server
}

const KNOWN = {
  acrValues: true,
  audience: true,
  authorizationDetails: true,
  caches: true,
  certificateStatus: true,
  certificateTrust: true,
  clockMargin: true,
  explain: true,
  externalUrls: true,
  hops: true,
  issuer: true,
  keptKeys: true,
  maxAge: true,
  memory: true,
  methods: true,
  nonce: true,
  nonceLifetime: true,
  nonceSecret: true,
  now: true,
  observe: true,
  profile: true,
  proofAlgorithms: true,
  proofWindow: true,
  report: true,
  require: true,
  resource: true,
  resourceMetadata: true,
  scopes: true,
  status: true,
  tokenAhead: true,
  tokenAlgorithms: true,
  tokens: true,
} satisfies Record<keyof ProtectOptions, true>

function secretOf({ nonceSecret: secret }: ServerOptions): Uint8Array {
  if (!(secret instanceof Uint8Array && secret.length >= 32))
    throw new PolicyError('nonceSecret', lengthOf(secret), '32 random bytes or more')
  return secret
}

const lengthOf = (secret: unknown): string =>
  secret instanceof Uint8Array ? `${secret.length} bytes` : typeof secret

function memoryOf({ memory }: ServerOptions): Protected['memory'] {
  for (const call of ['put', 'nonceGiven', 'look'] as const)
    if (typeof Object(memory)[call] !== 'function')
      throw new PolicyError('memory', typeof memory, `a ReplayMemory: it has no ${call}`)
  return memory
}

function inFront(resource: string, { hops: given, externalUrls = [] }: ServerOptions) {
  const hops = checkHops(given)
  const urls = checkExternalUrls('externalUrls', [resource, ...list('externalUrls', externalUrls)])
  if (!hops && externalUrls.length > 0)
    throw new PolicyError(
      'externalUrls',
      externalUrls,
      'none, where hops are not named: they choose',
    )
  return { hops, externalUrls: urls }
}

function statusFor({ certificateTrust, certificateStatus }: ProtectOptions) {
  if (certificateTrust !== 'pki') return undefined
  return aFunction(
    'certificateStatus',
    certificateStatus,
    'a function, where certificateTrust is pki',
  )
}
