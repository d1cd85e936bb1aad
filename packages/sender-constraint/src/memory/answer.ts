import type { CheckOf } from '../row.ts'

export const available: CheckOf<'memory'> = ({ memory }) =>
  memory.answer === 'full' || memory.answer === 'unreachable'
    ? { expected: 'a record of the proof', actual: `the memory is ${memory.answer}` }
    : undefined

export const quota: CheckOf<'memory'> = ({ memory }) =>
  memory.answer === 'over-quota'
    ? { expected: 'fewer live proofs of this key', actual: 'its quota is used up' }
    : undefined

export const singleUse: CheckOf<'memory'> = ({ memory }) =>
  memory.answer === 'seen'
    ? { expected: 'a jti not used before', actual: 'one that was' }
    : undefined

/** The memory lost its records between our looking at `since` and our put: the same challenge. */
export const sameGeneration: CheckOf<'memory'> = ({ memory }) =>
  memory.answer === 'new-generation'
    ? { expected: 'the generation we knew', actual: 'a new one' }
    : undefined

/**
 * A proof without a nonce, of a client that was given one: whoever has recorded it made the proof in
 * advance, or is somebody else. The client itself has a nonce to come back with.
 */
export const nonceKept: CheckOf<'memory'> = ({ memory }) =>
  memory.answer === 'nonce-left-out'
    ? { expected: 'a nonce, since one was given', actual: 'none' }
    : undefined
