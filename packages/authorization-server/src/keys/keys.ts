import { type Payload, type Records, StoreError } from '@holdfast/store'
import { ALGORITHMS } from '../vocabulary/algorithms.ts'
import { type KeyEncryption, notEncrypted } from './encryption.ts'
import { advanced, type KeySet, keysOf, type KeySummary, newLines } from './key-set.ts'
import { settledAt, summaries } from './key-set.ts'
import { type PrivateJwk, type Purpose, SECRETS, type SigningAlgorithm } from './new-key.ts'

export interface KeyStore {
  readonly records: Records
  /** Default: none. Then whoever reads the store has the keys. */
  readonly encryption?: KeyEncryption | undefined
  /** Default: those of FAPI 2.0 (FAPI2SP-5.4.1-1). */
  readonly algorithms?: readonly SigningAlgorithm[] | undefined
}

/** The keys that a node uses, until there are others. */
export interface Keys {
  /** Differs if anything else does. */
  readonly id: string
  /** Of every algorithm the first one signs; all are published. */
  readonly signing: readonly PrivateJwk[]
  /** The first one signs, all verify. */
  readonly cookies: readonly string[]
  /** 32 bytes each, the same on all nodes (RFC 9449 §8). The first makes nonces, all verify. */
  readonly dpopNonces: readonly [Buffer, ...Buffer[]]
}

const KIND = 'KeySet'

interface Version {
  readonly version: number
  readonly set: KeySet
  /** As it is in the store. */
  readonly payload: Payload
}

/** Makes the keys that are not there yet. Nodes that do so at once agree on one set. */
export async function createKeys(store: KeyStore, now: number = Date.now()): Promise<void> {
  const found = await newest(store)
  const missing = purposesOf(store).filter((purpose) => !found?.set.lines[purpose])
  if (missing.length === 0) return
  const made = await newLines(missing, now)
  const lines = { ...found?.set.lines, ...made.lines }
  await succeed(store, found?.version ?? 0, { lines })
}

/**
 * Has the store hold the keys as they are encrypted today: with the first of the key encryption keys, also
 * where they were made without any. One write does it, the same keys as the next version.
 *
 * @throws StoreError where they cannot be decrypted; then nothing has changed
 */
export async function encryptKeys(store: KeyStore): Promise<void> {
  const { encryption = notEncrypted } = store
  const found = await newest(store)
  if (!found || encryption.isOfToday(found.payload)) return
  await succeed(store, found.version, found.set)
  // Where a rotation by another node came between, its keys are the ones to encrypt.
  await encryptKeys(store)
}

/** @throws StoreError where `provision` has not run on this store, or not with this encryption */
export async function readKeys(store: KeyStore, now: number = Date.now()): Promise<Keys> {
  const { version, set } = await present(store)
  const of = (purpose: Purpose) => {
    const keys = keysOf(set, purpose, now)
    if (keys.length === 0) throw new StoreError(`the store holds no ${purpose} key: provision it`)
    return keys
  }
  const signing = algorithmsOf(store).flatMap(of)
  const cookies = of('cookies')
  const nonces = of('dpop-nonce')
  const [first, ...others] = nonces.map(({ k }) => Buffer.from(String(k), 'base64url'))
  return {
    id: [version, ...[...signing, ...cookies, ...nonces].map(({ kid }) => kid)].join(' '),
    signing,
    cookies: cookies.map(({ k }) => String(k)),
    dpopNonces: [first!, ...others],
  }
}

/** Too early: not every node can be said to publish the next keys yet. */
export class KeysNotSettledError extends Error {
  override readonly name = 'KeysNotSettledError'
  /** Milliseconds since the epoch. */
  readonly settledAt: number

  constructor(at: number) {
    super(`the next keys may be used from ${new Date(at).toISOString()} on`)
    this.settledAt = at
  }
}

/**
 * The next keys sign from now on. One write, the new version, does it: killed before it nothing has
 * changed, killed after it a version that nobody reads is left for the next rotation to remove.
 * Of two rotations at the same time one counts.
 *
 * @returns what there is now
 * @throws KeysNotSettledError; StoreError as `readKeys`
 */
export async function rotateKeys(
  store: KeyStore,
  now: number = Date.now(),
): Promise<readonly KeySummary[]> {
  const { version, set } = await present(store)
  const at = settledAt(set)
  if (at > now) throw new KeysNotSettledError(at)
  await succeed(store, version, await advanced(set, now))
  return listKeys(store, now)
}

/** @throws StoreError as `readKeys` */
export async function listKeys(
  store: KeyStore,
  now: number = Date.now(),
): Promise<readonly KeySummary[]> {
  return summaries((await present(store)).set, now)
}

/** The first to write a version has made it. What came before it is forgotten. */
async function succeed(store: KeyStore, version: number, set: KeySet): Promise<void> {
  const { records, encryption = notEncrypted } = store
  const id = String(version + 1)
  await records.add({ kind: KIND, id, payload: encryption.encrypt(JSON.stringify(set), id) })
  for (const old of await records.list(KIND))
    if (Number(old.id) <= version) await records.remove(KIND, old.id)
}

async function newest({
  records,
  encryption = notEncrypted,
}: KeyStore): Promise<Version | undefined> {
  const [last] = (await records.list(KIND)).toSorted((a, b) => Number(b.id) - Number(a.id))
  if (!last) return undefined
  const { id, payload } = last
  return { version: Number(id), set: JSON.parse(encryption.decrypt(payload, id)), payload }
}

async function present(store: KeyStore): Promise<Version> {
  const found = await newest(store)
  if (!found) throw new StoreError('the store holds no keys: provision it first')
  return found
}

const algorithmsOf = ({ algorithms = ALGORITHMS }: KeyStore) => algorithms

const purposesOf = (store: KeyStore): readonly Purpose[] => [...algorithmsOf(store), ...SECRETS]
