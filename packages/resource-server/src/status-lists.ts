import type { Claims, TokenStatus } from '@holdfast/sender-constraint'
import type { Cache } from './cache.ts'
import { elapsed } from './elapsed.ts'
import { ask, IssuerError } from './issuer.ts'
import type { IssuerKeys, IssuerOptions } from './issuer-keys.ts'
import { pauseAfterFailure } from './pause.ts'
import { openSigned, type SignedAnswer } from './signed-answer.ts'
import { readStatusList, type StatusList, statusAt } from './status-list.ts'

/** Milliseconds for which a list is believed; from half of it on, we look whether there is another. */
const LIFE = 500
/** Milliseconds that we wait for a list: a revocation is not to be known later than that. */
const PATIENCE = 1_000
/** Bytes of the list as it is sent. */
const LARGEST = 4_194_304

export interface StatusLists {
  /** Neither throws nor rejects. */
  readonly statusOf: (claims: Claims) => TokenStatus | Promise<TokenStatus>
  readonly caches: readonly Cache[]
}

/**
 * Follows the status lists of one issuer, in their signed form (Token Status List §5.1). A list is
 * fetched when a token first names it, once for all who wait, and again at most 500 ms later while
 * tokens go on naming it, with `If-None-Match`; nothing runs where no request comes. A list that
 * cannot be fetched any more, or has expired, makes tokens `stale`: it is never believed longer.
 */
export function statusLists(
  uris: readonly string[],
  keys: IssuerKeys,
  options: IssuerOptions,
): StatusLists {
  const lists = new Map<unknown, Follower>(uris.map((uri) => [uri, follow(uri, keys, options)]))
  return {
    statusOf: ({ status }) => {
      const { status_list }: Claims = Object(status)
      if (status_list === undefined) return 'absent'
      const { uri, idx }: Claims = Object(status_list)
      return lists.get(uri)?.statusAt(idx) ?? 'foreign'
    },
    caches: [...lists.values()].map(({ cache }) => cache),
  }
}

interface Follower {
  readonly statusAt: (idx: unknown) => TokenStatus | Promise<TokenStatus>
  readonly cache: Cache
}

/** A list that has been fetched and verified. */
interface HeldList {
  readonly list: StatusList
  readonly signed: SignedAnswer
  readonly etag: string | null
  /** Milliseconds. */
  readonly life: number
  readonly expiresAt: number
}

function follow(uri: string, keys: IssuerKeys, options: IssuerOptions): Follower {
  const { now } = options
  const pause = pauseAfterFailure(now)
  let held: HeldList | undefined
  let confirmedAt = -Infinity
  let fetching: Promise<boolean> | undefined
  let hits = 0
  let misses = 0

  async function refresh(): Promise<boolean> {
    const began = now()
    try {
      held = await fetchList(uri, held, { keys, options })
      confirmedAt = began
      pause.succeeded()
      return true
    } catch {
      pause.failed() // the list we have is believed until its time is over, no longer
      return false
    }
  }

  function refreshOnce(): Promise<boolean> {
    fetching ??= refresh().finally(() => {
      fetching = undefined
    })
    return fetching
  }

  const statusIn = (list: HeldList | undefined, idx: unknown): TokenStatus | undefined =>
    list && now() < list.expiresAt ? statusAt(list.list, idx) : undefined

  const read = (idx: unknown) => {
    const age = elapsed(confirmedAt, now())
    const known = held && age <= held.life ? statusIn(held, idx) : undefined
    if (held && known) {
      hits += 1
      if (age > held.life / 2 && !pause.lasts()) void refreshOnce()
      return known
    }
    misses += 1
    if (!fetching && pause.lasts()) return 'stale'
    return refreshOnce().then((fresh) => (fresh && statusIn(held, idx)) || 'stale')
  }
  const figures = () => ({
    entries: held ? (held.list.bytes.length * 8) / held.list.bits : 0,
    hits,
    misses,
    ...(held && { age: now() - confirmedAt }),
  })
  return { statusAt: read, cache: { name: 'status list', of: uri, figures } }
}

async function fetchList(
  uri: string,
  held: HeldList | undefined,
  { keys, options }: { readonly keys: IssuerKeys; readonly options: IssuerOptions },
): Promise<HeldList> {
  const { fetch, issuer, now } = options
  // A list dies with its signing key, as a token does.
  const alive = held && typeof (await keys.find(held.signed.header, held.signed.hash)) !== 'string'
  const answer = await ask(fetch, uri, {
    headers: {
      accept: 'application/statuslist+jwt',
      'cache-control': 'no-cache', // what is on the way here may not answer for the issuer
      ...(alive && held.etag && { 'if-none-match': held.etag }),
    },
    patience: PATIENCE,
    most: LARGEST,
  })
  if (answer.status === 304 && alive) return held
  if (answer.status !== 200) throw new IssuerError(`${uri} answered ${answer.status}`)
  const expected = { typ: 'statuslist+jwt', issuer, longest: LARGEST }
  const signed = await openSigned(answer.body.toString(), expected, { keys, now })
  const { sub, exp, ttl, status_list } = signed.claims
  const expiresAt = secondsOr(Infinity, exp) * 1000
  if (sub !== uri) throw new IssuerError('the list of another URI')
  if (expiresAt <= now()) throw new IssuerError('a list that has expired')
  return {
    list: await readStatusList(status_list),
    signed,
    etag: answer.etag,
    life: Math.min(LIFE, secondsOr(Infinity, ttl) * 1000),
    expiresAt,
  }
}

function secondsOr(absent: number, claim: unknown): number {
  if (claim === undefined) return absent
  if (typeof claim === 'number' && claim > 0) return claim
  throw new IssuerError('a time that is no number')
}
