import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto'
import type { Payload } from '@holdfast/store'
import { StoreError } from '@holdfast/store'
import { ConfigurationError } from '../configuration/values.ts'

/**
 * How keys look in the store. AES-256-GCM, for a store that others can read; the place of the record
 * is authenticated with it, so that no old record can be put in the place of a newer one.
 */
export interface KeyEncryption {
  readonly encrypt: (text: string, place: string) => Payload
  /** @throws StoreError for a record that was encrypted otherwise, or changed */
  readonly decrypt: (payload: Payload, place: string) => string
  /** Is it as `encrypt` would make it today, and not by an earlier key or none? */
  readonly isOfToday: (payload: Payload) => boolean
}

const BYTES = 32
const IV = 12
const TAG = 16

/** For a store that nobody else can read, as a file of mode 0600. */
export const notEncrypted: KeyEncryption = {
  encrypt: (text) => ({ text }),
  decrypt({ text }) {
    if (typeof text === 'string') return text
    throw new StoreError('the keys in the store are encrypted: a key encryption key is needed')
  },
  isOfToday: () => true,
}

/**
 * @param text one key per line, 32 bytes in base64: the first encrypts, all of them decrypt
 * @throws ConfigurationError, which does not repeat the text
 */
export function encryptedWith(text: string): KeyEncryption {
  const keys = text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [keyOf(line.trim())]))
  const [first] = keys
  if (!first) throw refused('nothing')
  return {
    encrypt(plain, place) {
      const iv = randomBytes(IV)
      const cipher = createCipheriv('aes-256-gcm', first.key, iv).setAAD(Buffer.from(place))
      const bytes = [iv, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]
      return { by: first.id, encrypted: Buffer.concat(bytes).toString('base64url') }
    },
    decrypt(payload, place) {
      const { by, encrypted } = payload
      // Kept from a time without encryption.
      if (by === undefined) return notEncrypted.decrypt(payload, place)
      const found = keys.find(({ id }) => id === by)
      if (!found) throw new StoreError('the keys in the store are encrypted with another key')
      return opened(Buffer.from(String(encrypted), 'base64url'), found.key, place)
    },
    isOfToday: ({ by }) => by === first.id,
  }
}

function opened(bytes: Buffer, key: Buffer, place: string): string {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV))
      .setAAD(Buffer.from(place))
      .setAuthTag(bytes.subarray(-TAG))
    return Buffer.concat([decipher.update(bytes.subarray(IV, -TAG)), decipher.final()]).toString()
  } catch (cause) {
    throw new StoreError('the encrypted keys in the store have been changed', { cause })
  }
}

function keyOf(line: string): { readonly key: Buffer; readonly id: string } {
  const key = Buffer.from(line, 'base64')
  if (key.length !== BYTES) throw refused(`a line of ${key.length} bytes`)
  return { key, id: hash('sha256', key, 'base64url').slice(0, 16) }
}

const refused = (what: string): ConfigurationError =>
  new ConfigurationError('key encryption key', what, '32 bytes in base64, one key per line')
