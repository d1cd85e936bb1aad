/**
 * `signing.jwks.json` in a client's folder: the key with which that client signs what is signed by
 * hand, proofs and assertions. Where the client has a registered key it is that one, for tools that
 * know a single key; else one is made when it is first needed.
 */
import { createPrivateKey, generateKeyPairSync, type JsonWebKey, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ClientMaterial, type ProofKey, readMaterial } from '@holdfast/client'
import { z } from 'zod'
import { clientFolder } from './clients.ts'
import { codeOf, UsageError } from '../errors.ts'
import { checkIsClient } from './own-clients.ts'
import { writePrivateFile } from '../text-file.ts'

const FILE = 'signing.jwks.json'

const jwks = z.object({
  keys: z.tuple([z.looseObject({ kty: z.string(), alg: z.string(), d: z.string() })]),
})

export type SigningKey = z.infer<typeof jwks>['keys'][0]

export async function signingKey(folder: string, { key }: ClientMaterial): Promise<SigningKey> {
  const known = await readKey(join(folder, FILE))
  if (known && (!key || key.kid === known['kid'])) return known
  const made = jwks.parse({ keys: [key ?? newKey(randomUUID().slice(0, 8))] })
  await writePrivateFile(join(folder, FILE), `${JSON.stringify(made, null, 2)}\n`)
  return made.keys[0]
}

/** A client, lab's or own, with the key that signs for it. @throws MaterialError; UsageError */
export async function signerOf(state: string, client: string) {
  await checkIsClient(state, client)
  const folder = clientFolder(state, client)
  const material = await readMaterial(folder)
  return { material, key: await signingKey(folder, material) }
}

/** As `makeProof` takes it. */
export function asProofKey(key: SigningKey): ProofKey {
  const { kty, crv, x, y, alg } = key
  if (alg !== 'ES256') throw new UsageError(`a key for ${alg} makes no proofs here; allowed: ES256`)
  return {
    privateKey: createPrivateKey({ key, format: 'jwk' }),
    publicJwk: { kty, crv, x, y },
    alg,
  }
}

/** A private one, for signatures. */
export function newKey(kid: string): JsonWebKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid }
}

/** @throws UsageError for a file that is there and is no such key; its content is not told */
async function readKey(file: string): Promise<SigningKey | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new UsageError(`${file} cannot be read (${codeOf(error)})`)
  }
  try {
    return jwks.parse(JSON.parse(text)).keys[0]
  } catch {
    throw new UsageError(`${file} is no JWK set of one private key with alg`)
  }
}
