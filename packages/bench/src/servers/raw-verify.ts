/**
 * No server: how often one core verifies an ES256 signature, in the cheapest form that Node has (a
 * bare KeyObject, a signature in DER). Nothing that checks fresh proofs can be faster.
 */
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import type { Measurement } from '../bench.ts'

/** About what a proof has to sign. */
const LENGTH = 400
const KEYS = 50

const signed = Array.from({ length: KEYS }, (_, index) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const data = Buffer.alloc(LENGTH, `${index} `)
  return { publicKey, data, signature: sign('sha256', data, privateKey) }
})

function verifyFor(seconds: number): Measurement {
  const [began, cpu] = [performance.now(), process.cpuUsage()]
  let [verified, elapsed] = [0, 0]
  while (elapsed < seconds * 1000) {
    for (const { publicKey, data, signature } of signed)
      if (!verify('sha256', data, publicKey, signature)) throw new Error('a signature is wrong')
    verified += signed.length
    elapsed = performance.now() - began
  }
  const { user, system } = process.cpuUsage(cpu) // microseconds
  return {
    perSecond: (verified / elapsed) * 1000,
    perCpuSecond: (verified / (user + system)) * 1e6,
  }
}

process.on('message', ({ seconds }: { readonly seconds: number }) => {
  process.send?.(verifyFor(seconds))
})
process.on('SIGTERM', () => process.exit()).on('disconnect', () => process.exit())
process.send?.({ ready: true })
