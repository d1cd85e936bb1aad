/** Freshness and single use (RFC 9449 §4.3 items 10 and 11, §8, §9, §11.1). */
import type { Attack } from './attack.ts'
import { seconds } from '../seconds.ts'
import { valuesOf } from '../wire.ts'

const invalidProof = { status: 401, error: 'invalid_dpop_proof' } as const
const useNonce = { status: 401, error: 'use_dpop_nonce' } as const

export const anHourOld: Attack = {
  id: 'time/an-hour-old',
  title: 'A proof made an hour ago',
  clause: 'RFC9449-4.3-11',
  answer: invalidProof,
  overlaps: ['RFC9449-11.1-3'],
  play: async ({ byDpop, send }) =>
    send(await byDpop({ claims: { iat: seconds() - 3600, nonce: undefined } })),
}

export const madeInAdvance: Attack = {
  id: 'time/made-in-advance',
  title: 'A proof from a stack that was made in advance, to be used in a minute',
  clause: 'RFC9449-4.3-11',
  answer: invalidProof,
  play: async ({ byDpop, send }) =>
    send(await byDpop({ claims: { iat: seconds() + 60, nonce: undefined } })),
}

const dated = (
  id: string,
  title: string,
  claims: () => Readonly<Record<string, unknown>>,
  more: Partial<Attack> = {},
): Attack => ({
  id: `time/${id}`,
  title,
  clause: 'RFC9449-4.3-11',
  answer: invalidProof,
  play: async ({ byDpop, send }) =>
    send(await byDpop({ claims: { nonce: undefined, ...claims() } })),
  ...more,
})

export const anHourAhead = dated('an-hour-ahead', 'A proof dated an hour ahead', () => ({
  iat: seconds() + 3600,
}))

export const beforeTheEpoch = dated(
  'before-the-epoch',
  'A proof made before there were computers to check it',
  () => ({ iat: -1 }),
  { overlaps: ['RFC9449-11.1-3'] },
)

export const justTooOld = dated('just-too-old', 'A proof made 61 seconds ago', () => ({
  iat: seconds() - 61,
}))

export const justTooFarAhead = dated('just-ahead', 'A proof dated 11 seconds ahead', () => ({
  iat: seconds() + 11,
}))

export const inMilliseconds = dated('milliseconds', 'iat in milliseconds: the year 50,000', () => ({
  iat: Date.now(),
}))

export const endedProof = dated('exp', 'A proof that says itself that it is over', () => ({
  exp: seconds() - 1,
}))

export const proofToCome = dated('nbf', 'A proof that is to be good in 61 seconds', () => ({
  nbf: seconds() + 61,
}))

export const datedAheadAfterARestart: Attack = {
  id: 'time/ahead-after-a-restart',
  title: 'A proof dated ahead, used before the server restarted, once more after it',
  clause: 'RFC9449-11.1-3',
  answer: useNonce,
  situation: 'fresh-memory',
  play: async ({ byDpop, send }) =>
    send(await byDpop({ claims: { iat: seconds() + 9, nonce: undefined } })),
}

export const inventedNonce: Attack = {
  id: 'time/invented-nonce',
  title: 'A nonce that this server never issued',
  clause: 'RFC9449-4.3-10',
  answer: useNonce,
  play: async ({ byDpop, send }) =>
    send(await byDpop({ claims: { nonce: `${Date.now().toString(36)}.${'A'.repeat(43)}` } })),
}

export const movedNonce: Attack = {
  id: 'time/moved-nonce',
  title: 'A nonce that was given, with its time of issue put forward',
  clause: 'RFC9449-4.3-10',
  answer: useNonce,
  play: async ({ byDpop, send }) => {
    const challenged = await send(await byDpop({ claims: { nonce: 'what makes it give one' } }))
    const [time = '', ...rest] = valuesOf(challenged, 'dpop-nonce')[0]?.split('.') ?? []
    const later = (Number.parseInt(time, 36) + 60_000).toString(36)
    return send(await byDpop({ claims: { nonce: [later, ...rest].join('.') } }))
  },
}

export const withoutNonce: Attack = {
  id: 'time/without-nonce',
  title: 'No nonce where one is required',
  clause: 'RFC9449-9',
  answer: useNonce,
  situation: 'nonce-required',
  play: async ({ byDpop, send }) => send(await byDpop({ claims: { nonce: undefined } })),
}

export const afterARestart: Attack = {
  id: 'time/after-a-restart',
  title: 'A proof used before the server restarted, once more after it',
  clause: 'RFC9449-11.1-3',
  answer: useNonce,
  situation: 'fresh-memory',
  play: async ({ byDpop, send }) => send(await byDpop({ claims: { nonce: undefined } })),
}

export const replayed: Attack = {
  id: 'time/replayed',
  title: 'A captured request, sent once more',
  clause: 'RFC9449-11.1-2',
  answer: invalidProof,
  play: async ({ byDpop, send }) => {
    const captured = await byDpop()
    await send(captured)
    return send(captured)
  },
}

export const replayedInParallel: Attack = {
  id: 'time/replayed-in-parallel',
  title: 'A captured request, sent twice at once',
  clause: 'RFC9449-11.1-2',
  answer: invalidProof,
  play: async ({ byDpop, send }) => {
    const captured = await byDpop()
    const [one, other] = await Promise.all([send(captured), send(captured)])
    return one.status < 300 ? other : one
  },
}

export const replayedAfterOthers: Attack = {
  id: 'time/replayed-after-others',
  title: 'A captured request, sent once more after fifty others',
  clause: 'RFC9449-11.1-2',
  answer: invalidProof,
  play: async ({ byDpop, send }) => {
    const captured = await byDpop()
    await send(captured)
    for (let others = 0; others < 50; others += 1) await send(await byDpop())
    return send(captured)
  },
}

export const replayedByNonce: Attack = {
  id: 'time/replayed-by-nonce',
  title: 'A proof that its nonce excuses for being an hour old, sent twice',
  clause: 'RFC9449-11.1-2',
  answer: invalidProof,
  play: async ({ byDpop, send }) => {
    const challenged = await send(await byDpop({ claims: { nonce: 'what makes it give one' } }))
    const [nonce] = valuesOf(challenged, 'dpop-nonce')
    const captured = await byDpop({ claims: { nonce, iat: seconds() - 3600 } })
    await send(captured)
    return send(captured)
  },
}

export const nonceLeftOut: Attack = {
  id: 'time/nonce-left-out',
  title: 'A proof without a nonce, from a stack made in advance, once the client was given one',
  clause: 'RFC9449-11.3',
  answer: useNonce,
  situation: 'settled-memory',
  play: async ({ byDpop, send }) => {
    await send(await byDpop({ claims: { nonce: 'what makes the server give a new one' } }))
    return send(await byDpop({ claims: { nonce: undefined } }))
  },
}

export const lostMeanwhile: Attack = {
  id: 'time/lost-meanwhile',
  title: 'A proof that comes just when the memory of used proofs is lost',
  clause: 'RFC9449-11.1-3',
  answer: useNonce,
  situation: 'memory-lost-meanwhile',
  play: async ({ byDpop, send }) => send(await byDpop({ claims: { nonce: undefined } })),
}
