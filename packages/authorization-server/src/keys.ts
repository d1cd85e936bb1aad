import { generateKeyPair, hash, randomBytes } from 'node:crypto'
import type { JsonWebKey, KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { type Records, type StoredRecord, StoreError } from '@holdfast/store'
import type { JWK } from 'oidc-provider'
import { ALGORITHMS } from './algorithms.ts'
import type { Algorithm } from './algorithms.ts'

/**
 * Signing keys are records of kind `Key` (payload: the private JWK), secrets of kind `Secret`.
 * Ids are fixed and writing is put-if-absent: nodes that start together agree on one set.
 */
export interface Keys {
  readonly signing: readonly JWK[]
  readonly cookies: string
  /** 32 bytes, the same on all nodes (RFC 9449 §8). */
  readonly dpopNonce: Buffer
}

const SECRETS = ['cookies', 'dpop-nonce'] as const

/** Generates what is not there yet. */
export async function createKeys(records: Records): Promise<void> {
  for (const alg of ALGORITHMS)
    if (!(await records.find('Key', alg)))
      await records.add({ kind: 'Key', id: alg, payload: await newKey(alg) })
  for (const id of SECRETS) {
    const secret = randomBytes(32).toString('base64url')
    await records.add({ kind: 'Secret', id, payload: { secret } })
  }
}

/** @throws StoreError where `provision` has not run on this store */
export async function readKeys(records: Records): Promise<Keys> {
  const stored = await Promise.all(ALGORITHMS.map((alg) => records.find('Key', alg)))
  const [cookies, dpopNonce] = await Promise.all(SECRETS.map((id) => records.find('Secret', id)))
  return {
    signing: stored.map((key) => asJwk(present(key))),
    cookies: String(present(cookies).payload['secret']),
    dpopNonce: Buffer.from(String(present(dpopNonce).payload['secret']), 'base64url'),
  }
}

const asJwk = ({ payload }: StoredRecord): JWK => ({ ...payload, kty: String(payload['kty']) })

function present(record: StoredRecord | undefined): StoredRecord {
  if (!record)
    throw new StoreError('the store holds no signing keys or secrets: provision it first')
  return record
}

const generate = promisify(generateKeyPair)

async function newKey(alg: Algorithm): Promise<{ [member: string]: unknown }> {
  const jwk: JsonWebKey = (await newKeyPair[alg]()).privateKey.export({ format: 'jwk' })
  return { ...jwk, kid: thumbprint(jwk), alg, use: 'sig' }
}

const newKeyPair: { readonly [alg in Algorithm]: () => Promise<{ privateKey: KeyObject }> } = {
  PS256: () => generate('rsa', { modulusLength: 2048 }),
  ES256: () => generate('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generate('ed25519'),
}

/** RFC 7638: required members only, in lexical order. */
function thumbprint({ crv, e, kty, n, x, y }: JsonWebKey): string {
  return hash('sha256', JSON.stringify({ crv, e, kty, n, x, y }), 'base64url')
}
