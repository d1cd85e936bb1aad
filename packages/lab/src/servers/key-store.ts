import type { KeyStore } from '@holdfast/authorization-server'
import type { Records } from '@holdfast/store'
import type { LabConfiguration } from '../configuration.ts'
import { readTextFile } from '../text-file.ts'

/**
 * The authorization server's keys in the store, as the configuration says that they are encrypted.
 *
 * @throws UsageError if the file cannot be read; ConfigurationError if no key is in it
 */
export async function keyStoreOf(
  { keyEncryptionKeyFile: file }: LabConfiguration,
  records: Records,
): Promise<KeyStore> {
  if (file === undefined) return { records }
  const { encryptedWith } = await import('@holdfast/authorization-server')
  return { records, encryption: encryptedWith(await readTextFile(file)) }
}
