import type { Answer } from '../connection.ts'

/** What became of a request. */
export type Kind = 'accepted' | 'seen' | 'challenged' | 'unavailable' | 'other'

/** The server explains itself: the clause stands before the sentence. */
const SEEN = 'RFC9449-11.1-2'

export function kindOf({ status, nonce, body }: Answer): Kind {
  if (status === 200) return 'accepted'
  const said: { error?: string; error_description?: string } = JSON.parse(body)
  if (status === 503) return 'unavailable'
  if (status !== 401) return 'other'
  if (said.error === 'use_dpop_nonce' && nonce !== undefined) return 'challenged'
  return said.error_description?.split(':')[0] === SEEN ? 'seen' : 'other'
}

/** How the two requests of a pair were answered, and whether they had a nonce in them. */
interface Pair {
  readonly answers: readonly [Kind, Kind]
  readonly byNonce: boolean
}

/** @returns whether a pair may be answered so */
export type Judge = (pair: Pair) => boolean

/** Nothing happens: exactly one, or, by iat alone in a young memory, a challenge. */
export const steady: Judge = ({ answers, byNonce }) => {
  const [accepted, seen] = [count(answers, 'accepted'), count(answers, 'seen')]
  if (byNonce) return accepted === 1 && seen === 1
  return accepted <= 1 && accepted + seen + count(answers, 'challenged') === 2
}

/** The memory is being lost or comes back: anything but two, and no answer that is not ours. */
export const shaken: Judge = ({ answers }) =>
  count(answers, 'accepted') <= 1 && count(answers, 'other') === 0

/** The memory is away: 503; by iat alone, in a memory that was young, a challenge comes before. */
export const away: Judge = ({ answers, byNonce }) =>
  count(answers, 'unavailable') + (byNonce ? 0 : count(answers, 'challenged')) === 2

/** Both are later than a first that was accepted. */
export const later: Judge = ({ answers }) =>
  answers.every((kind) => kind === 'seen' || kind === 'challenged')

export const count = (answers: readonly Kind[], kind: Kind): number =>
  answers.filter((answer) => answer === kind).length
