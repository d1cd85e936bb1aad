import type { IncomingMessage } from 'node:http'
import {
  type AccessToken,
  type Clause,
  type Row,
  ROWS,
  withResourceMetadata,
} from '@holdfast/sender-constraint'
import { decider, type Verdict } from './decide.ts'
import { metadataUrl } from './metadata.ts'
import { checkPolicy } from './policy.ts'
import { checkServer, type ProtectOptions } from './server.ts'
import type { Outcome, Step } from './step.ts'
import { whenKnown } from './when-known.ts'

export type { ProtectOptions } from './server.ts'

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
export const decideWith = (rows: readonly Row<Clause>[], options: ProtectOptions): Decide =>
  decider(rows, checkPolicy(options), checkServer(options))

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
