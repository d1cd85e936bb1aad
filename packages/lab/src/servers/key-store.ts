import type { KeyStore } from '@holdfast/authorization-server'
import type { Records } from '@holdfast/store'
import type { LabConfiguration } from '../configuration.ts'
import { isTold, UsageError } from '../errors.ts'
import { readTextFile } from '../text-file.ts'

/**
 * The authorization server's keys in the store, as the configuration says that they are encrypted.
 *
 * @throws UsageError if the file cannot be read, or no key is in it
 */
export async function keyStoreOf(
  { keyEncryptionKeyFile: file }: LabConfiguration,
  records: Records,
): Promise<KeyStore> {
  if (file === undefined) return { records }
  const { encryptedWith } = await import('@holdfast/authorization-server')
  try {
    return { records, encryption: encryptedWith(await readTextFile(file)) }
  } catch (error) {
    if (!isTold(error)) throw error
    throw new UsageError(`HOLDFAST_KEY_ENCRYPTION_KEY_FILE=${file}: ${error.message}`)
  }
}
