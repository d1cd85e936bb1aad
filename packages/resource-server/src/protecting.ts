import type { IncomingMessage } from 'node:http'
import {
  type AccessToken,
  type Clause,
  KnownCredentials,
  type Policy,
  Recent,
  type Row,
  ROWS,
  withResourceMetadata,
} from '@holdfast/sender-constraint'
import { silent } from '@holdfast/trace'
import { cachesOf } from './caches-of.ts'
import { decider, type Verdict } from './decide.ts'
import { checkExternalUrls } from './hop/external-url.ts'
import { checkHops } from './hop/hops.ts'
import { metadataUrl } from './metadata.ts'
import { checkPolicy, https, PolicyError, type RoutePolicy } from './policy.ts'
import type { Protected, ServerOptions } from './protected.ts'
import type { Outcome, Step } from './step.ts'
import { whenKnown } from './when-known.ts'

/** What `protect()` of every framework takes. */
export type ProtectOptions = ServerOptions &
  RoutePolicy & {
    /** Name our metadata document in every challenge (RFC 9728 §5.1). Default: no. */
    readonly resourceMetadata?: boolean
  }

/** What a protected handler finds. */
export interface ProtectedState {
  readonly token: Pick<AccessToken, 'form' | 'claims' | 'confirmation'>
}

/**
 * The step that lets a request through if, and only if, every clause of the table holds. Never
 * rejects: an error in a part that the caller has given (`tokens`, `memory`, `report`) is a 503
 * without detail, and a warning of the process with it.
 *
 * @throws PolicyError at once, if the policy cannot be met or is weaker than the profile
 */
export function protecting(options: ProtectOptions): Step<ProtectedState> {
  const decide = decideWith(ROWS, options)
  return step(options, (request) => whenKnown(decide(request), withToken))
}

// The whole table lets nothing through without one: this is what says so if it ever did.
function withToken(verdict: Verdict): Verdict {
  if (!('refused' in verdict) && !verdict.token)
    throw new Error('a request was let through without an access token')
  return verdict
}

/** The same with rows taken out. Not in the package that people install. */
export const protectingWith = (
  rows: readonly Row<Clause>[],
  options: ProtectOptions,
): Step<ProtectedState> => step(options, decideWith(rows, options))

type Decide = (request: IncomingMessage) => Verdict | Promise<Verdict>

const NO_TOKEN: ProtectedState['token'] = { form: 'opaque', claims: {}, confirmation: {} }

function step(options: ProtectOptions, decide: Decide): Step<ProtectedState> {
  const metadata = options.resourceMetadata ? metadataUrl(options.audience) : undefined
  const outcome = (verdict: Verdict): Outcome<ProtectedState> => {
    if (!('refused' in verdict))
      return { state: { token: verdict.token ?? NO_TOKEN }, headers: verdict.headers }
    const { refused } = verdict
    return { answer: metadata ? withResourceMetadata(refused, metadata) : refused }
  }
  return (request, target = request.url ?? '') => {
    try {
      const decided = whenKnown(decide(received(request, target)), outcome)
      return decided instanceof Promise ? decided.catch(undecided) : decided
    } catch (error) {
      return undecided(error)
    }
  }
}

/** The core that every adapter stands on. @throws PolicyError */
export function decideWith(rows: readonly Row<Clause>[], options: ProtectOptions): Decide {
  const { nonceSecret, nonceLifetime = 300, keptKeys = 10_000 } = options
  if (nonceSecret.length < 32)
    throw new PolicyError('nonceSecret', `${nonceSecret.length} bytes`, '32 bytes or more')
  if (!(nonceLifetime >= 10 && nonceLifetime <= 3600))
    throw new PolicyError('nonceLifetime', nonceLifetime, '10 to 3600 seconds')
  const resource = https('resource', options.resource)
  if (resource.endsWith('/')) throw new PolicyError('resource', resource, 'no slash at the end')
  const policy = checkPolicy(options)
  const accepted: Protected['accepted'] = {
    credentials: new KnownCredentials(keptKeys),
    headers: new Recent(keptKeys),
  }
  for (const cache of cachesOf(options, accepted)) options.caches?.(cache)
  return decider(rows, policy, {
    resource,
    ...inFront(resource, options),
    certificateStatus: statusFor(policy, options),
    tokens: options.tokens,
    memory: options.memory,
    nonces: { secret: nonceSecret, label: resource, lifetime: nonceLifetime * 1000 },
    accepted,
    now: options.now ?? Date.now,
    report: options.report ?? silent,
    observe: options.observe,
    explain: options.explain ?? false,
  })
}

function inFront(resource: string, options: ServerOptions) {
  const { externalUrls = [] } = options
  const hops = checkHops(options.hops)
  if (!hops && externalUrls.length > 0)
    throw new PolicyError(
      'externalUrls',
      externalUrls,
      'none, where hops are not named: they choose',
    )
  return { hops, externalUrls: checkExternalUrls('externalUrls', [resource, ...externalUrls]) }
}

function statusFor(policy: Policy, { certificateStatus }: ServerOptions) {
  if (policy.certificateTrust !== 'pki') return undefined
  if (typeof certificateStatus !== 'function')
    throw new PolicyError(
      'certificateStatus',
      typeof certificateStatus,
      'a function, where certificateTrust is pki',
    )
  return certificateStatus
}

// A framework may have cut its prefix off `url`; htu names what the client asked for.
function received(request: IncomingMessage, target: string): IncomingMessage {
  if (request.url === target) return request
  const original: IncomingMessage = Object.create(request, { url: { value: target } })
  return original
}

function undecided(error: unknown): Outcome<never> {
  process.emitWarning('A request was refused because no decision could be made.', {
    type: 'HoldfastWarning',
    code: 'HOLDFAST_UNDECIDED',
    detail: error instanceof Error ? (error.stack ?? error.message) : typeof error,
  })
  return {
    answer: {
      status: 503,
      headers: { 'cache-control': 'no-store', 'retry-after': '5' },
      body: {
        error: 'temporarily_unavailable',
        error_description: 'The request could not be decided.',
      },
    },
  }
}
