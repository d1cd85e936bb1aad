import type { JwsKey } from './signature.ts'

/**
 * Bits of an RSA key. FAPI 2.0 SP §5.4.1-2 names the least. The most is for the sake of whoever
 * verifies: with an exponent as long as the modulus a verification takes hundreds of times as long,
 * and anybody may send such a key. An exponent of one bit is 1, by which everybody has signed.
 */
const MODULUS = { least: 2048, most: 8192 }
const EXPONENT = { least: 2, most: 32 }

export const GOOD_SIZE = `${MODULUS.least} to ${MODULUS.most} bits, an exponent of ${EXPONENT.least} to ${EXPONENT.most}`

/** EC and OKP keys have the size of their curve, and the algorithm fixes that. */
export const isOfGoodSize = ({ bits, exponentBits }: JwsKey): boolean =>
  (bits === undefined || (bits >= MODULUS.least && bits <= MODULUS.most)) &&
  (exponentBits === undefined || (exponentBits >= EXPONENT.least && exponentBits <= EXPONENT.most))
