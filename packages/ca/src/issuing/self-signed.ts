/** Certificates for `self_signed_tls_client_auth` (RFC 8705 §2.2), which no CA has signed. */
import { isOf } from './as-asked.ts'
import type { Context } from '../context.ts'
import { issue, validityOf } from './issue.ts'
import { keyTypeOf } from '../encoding/key-types.ts'
import { foreign, type IssuedCredential, type LeafRequest } from './leaf-request.ts'
import type { EncodedNames } from './names.ts'
import { completePair, isFresh, readPair } from '../disk/pair.ts'
import { PROFILES } from '../profiles.ts'

export async function ensureSelfSigned(
  { settings }: Context,
  { keyType, renew }: LeafRequest,
  files: IssuedCredential['files'],
  names: EncodedNames,
): Promise<IssuedCredential> {
  const profile = PROFILES.selfSigned
  const onDisk = await readPair(files)
  const leaf = onDisk.certificate?.value
  if (leaf && !leaf.verify(leaf.publicKey)) throw foreign(files.certificate, 'is not self-signed')
  const pair = await completePair(onDisk, {
    keyType: keyType ?? settings.keyType,
    keeps: (key) => renew !== 'new key' && (keyType === undefined || keyTypeOf(key) === keyType),
    isCurrent: (present) =>
      renew === undefined && isFresh(present, settings.now()) && isOf(present, profile, names),
    issue: (key) =>
      issue({ profile, ...names, key, validity: validityOf(profile, settings.now()) }),
  })
  const { pem } = pair.certificate
  return { certificate: pem, chain: pem, key: pair.key.pem, files }
}
