import { createPrivateKey, type KeyObject } from 'node:crypto'
import { ALGORITHMS, importJwk, POST_QUANTUM, privateMember } from '@holdfast/sender-constraint'
import type { JWK } from 'jose'
import { PolicyError } from './setting.ts'

const KNOWN: readonly string[] = [...ALGORITHMS, ...POST_QUANTUM]

/**
 * A key of our own to sign with: it says with which algorithm, and can.
 *
 * @param key where it was given, for the message, in which nothing of the key is
 * @throws PolicyError
 */
export function signingKey(
  key: string,
  given: JWK,
): {
  readonly header: { readonly alg: string; readonly kid?: string }
  readonly privateKey: KeyObject
} {
  const { alg, kid }: JWK = Object(given)
  const fitting: readonly string[] = importJwk(given)?.algorithms ?? []
  const algorithms = KNOWN.filter((name) => fitting.includes(name))
  if (alg === undefined || !algorithms.includes(alg))
    throw new PolicyError(
      `${key}.alg`,
      alg ?? null,
      algorithms.join(', ') || 'none: it is no key of the profile',
    )
  if (privateMember(given) === undefined) throw new PolicyError(key, null, 'a private key')
  if (kid !== undefined && typeof kid !== 'string')
    throw new PolicyError(`${key}.kid`, null, 'text')
  return {
    header: { alg, ...(kid !== undefined && { kid }) },
    privateKey: importPrivate(key, given),
  }
}

function importPrivate(key: string, jwk: JWK): KeyObject {
  try {
    return createPrivateKey({ key: jwk, format: 'jwk' })
  } catch {
    // What Node says of it may quote it.
    throw new PolicyError(key, null, 'a private key that can be read')
  }
}
