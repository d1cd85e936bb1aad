import { LIFETIMES, NONCE_LIFETIME } from '../configuration/lifetimes.ts'
import { newKey } from './new-key.ts'
import type { PrivateJwk, Purpose } from './new-key.ts'

/** Every key that the nodes share. Never changed: a rotation makes the next version. */
export interface KeySet {
  readonly lines: { readonly [purpose in Purpose]?: Line }
}

/**
 * The keys of one purpose. `current` signs; all are published. `next` is, so that everybody has it
 * when it begins to sign; the previous ones are, until the last that they signed is over.
 */
interface Line {
  readonly next: Key
  readonly current: Key
  readonly previous: readonly RetiredKey[]
}

interface Key {
  readonly jwk: PrivateJwk
  /** Milliseconds: when it was made, and published. */
  readonly since: number
}

interface RetiredKey extends Key {
  /** Milliseconds: when nothing is left that it signed. */
  readonly until: number
}

/**
 * Milliseconds for which the next key is published before it may sign: each node looks for it each
 * second, and the clocks by which one made it and another lets it sign may be five seconds apart.
 */
export const SETTLED = 10_000

/** Milliseconds that clocks may differ and a node may be behind. */
const MARGIN = 60_000

export async function newLines(purposes: readonly Purpose[], now: number): Promise<KeySet> {
  const lines = purposes.map(async (purpose): Promise<[Purpose, Line]> => {
    const [current, next] = await Promise.all([newKey(purpose), newKey(purpose)])
    return [
      purpose,
      { next: { jwk: next, since: now }, current: { jwk: current, since: now }, previous: [] },
    ]
  })
  return { lines: Object.fromEntries(await Promise.all(lines)) }
}

/** One step: `next` becomes `current`, `current` previous, and a new `next` is made. */
export async function advanced(set: KeySet, now: number): Promise<KeySet> {
  const lines = linesOf(set).map(async ([purpose, line]): Promise<[Purpose, Line]> => {
    const retired = { ...line.current, until: now + lifeOfTheSigned(purpose) + MARGIN }
    return [
      purpose,
      {
        next: { jwk: await newKey(purpose), since: now },
        current: line.next,
        previous: [retired, ...line.previous.filter(({ until }) => until > now)],
      },
    ]
  })
  return { lines: Object.fromEntries(await Promise.all(lines)) }
}

/** Milliseconds since the epoch: from then on every node publishes every next key. */
export const settledAt = (set: KeySet): number =>
  Math.max(...linesOf(set).map(([, { next }]) => next.since + SETTLED))

/** The keys of a purpose that count at this time: the first one signs. */
export function keysOf({ lines }: KeySet, purpose: Purpose, now: number): readonly PrivateJwk[] {
  const line = lines[purpose]
  if (!line) return []
  const { next, current, previous } = line
  return [current, ...previous.filter(({ until }) => until > now), next].map(({ jwk }) => jwk)
}

/** What may be shown of a key: nothing that is secret. */
export interface KeySummary {
  readonly purpose: Purpose
  readonly state: 'next' | 'current' | 'previous'
  readonly kid: string
  /** When it was made and published; ISO 8601. */
  readonly since: string
  /** When a previous key is forgotten; ISO 8601. */
  readonly until?: string
}

export const summaries = (set: KeySet, now: number): readonly KeySummary[] =>
  linesOf(set).flatMap(([purpose, line]) => summariesOf(purpose, line, now))

function summariesOf(purpose: Purpose, line: Line, now: number): readonly KeySummary[] {
  const kept = line.previous.filter(({ until }) => until > now)
  return [
    summary(purpose, 'next', line.next),
    summary(purpose, 'current', line.current),
    ...kept.map((key) => summary(purpose, 'previous', key)),
  ]
}

function summary(
  purpose: Purpose,
  state: KeySummary['state'],
  { jwk, since, until }: Key & Partial<RetiredKey>,
): KeySummary {
  return {
    purpose,
    state,
    kid: jwk.kid,
    since: new Date(since).toISOString(),
    ...(until !== undefined && { until: new Date(until).toISOString() }),
  }
}

/** Milliseconds for which what a key has signed may be good. */
function lifeOfTheSigned(purpose: Purpose): number {
  if (purpose === 'dpop-nonce') return NONCE_LIFETIME
  if (purpose === 'cookies') return LIFETIMES.session.most * 1_000
  return Math.max(LIFETIMES.accessToken.most, LIFETIMES.idToken.most) * 1_000
}

const linesOf = ({ lines }: KeySet): [Purpose, Line][] => {
  const entries: [string, Line | undefined][] = Object.entries(lines)
  return entries.filter((entry): entry is [Purpose, Line] => entry[1] !== undefined)
}
