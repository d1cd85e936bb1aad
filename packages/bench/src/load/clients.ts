/** The clients whose proofs are sent: a key each, and an access token of each form bound to it. */
import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { type ProofAlgorithm, type PublicJwk, thumbprint } from '@holdfast/client'
import type { Issuer } from './issuer.ts'

export type TokenForm = 'jwt' | 'opaque'

/** Can be posted to a worker. */
export interface BenchClient {
  readonly alg: ProofAlgorithm
  readonly privateKey: KeyObject
  readonly publicJwk: PublicJwk
  readonly token: string
}

/** Makes the clients of a kind when they are first asked for. */
export type Clients = (alg: ProofAlgorithm, form: TokenForm) => Promise<readonly BenchClient[]>

const generate = promisify(generateKeyPair)

/** An RSA key takes a tenth of a second to make. */
const MOST_RSA = 200

export function clientsOf(issuer: Issuer, count: number): Clients {
  const made = new Map<string, Promise<readonly BenchClient[]>>()
  return (alg, form) => {
    const name = `${alg} ${form}`
    const known = made.get(name) ?? make(alg, form)
    made.set(name, known)
    return known
  }

  async function make(alg: ProofAlgorithm, form: TokenForm): Promise<readonly BenchClient[]> {
    const clients: BenchClient[] = []
    const most = alg === 'PS256' ? Math.min(count, MOST_RSA) : count
    while (clients.length < most) {
      const { privateKey, publicKey } = await newKey(alg)
      const { kty = '', ...members } = publicKey.export({ format: 'jwk' })
      const publicJwk = { kty, ...members }
      const token = issuer[form]({ jkt: thumbprint(publicJwk) })
      clients.push({ alg, privateKey, publicJwk, token })
    }
    return clients
  }
}

function newKey(alg: ProofAlgorithm): Promise<{ privateKey: KeyObject; publicKey: KeyObject }> {
  if (alg === 'ES256') return generate('ec', { namedCurve: 'P-256' })
  if (alg === 'PS256') return generate('rsa', { modulusLength: 2048 })
  if (alg === 'EdDSA') return generate('ed25519')
  return generate('ml-dsa-44')
}
