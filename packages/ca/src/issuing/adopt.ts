/**
 * Certificates that stand in the folder but not among the issued, because an earlier version wrote
 * them or somebody deleted the index, are put back there: what is not known cannot be revoked.
 */
import { join } from 'node:path'
import type { X509Certificate } from 'node:crypto'
import type { Context } from '../context.ts'
import { fieldsOf } from '../encoding/certificate-fields.ts'
import { profileExtensions } from './extensions.ts'
import { listFolder, readText } from '../disk/files.ts'
import { issuedSerials, recordIssued } from './issued.ts'
import { parseCertificates } from '../disk/pem-files.ts'
import { CLIENT_PROFILES, type LeafProfile, PROFILES } from '../profiles.ts'

const SUFFIX = '.certificate.pem'

export async function adoptIssued(context: Context): Promise<void> {
  const known = new Set(await issuedSerials(context.folder))
  for (const { name, pair } of context.hierarchy.generations) {
    if (known.has(pair.certificate.value.serialNumber)) continue
    await recordIssued(context.folder, pair.certificate.pem, { profile: 'issuing', name })
  }
  for (const home of ['servers', 'clients'] as const) {
    for (const file of await listFolder(join(context.folder, home))) {
      if (file.endsWith(SUFFIX))
        await adopt(context, known, `${home}/${file.slice(0, -SUFFIX.length)}`)
    }
  }
}

async function adopt(context: Context, known: ReadonlySet<string>, name: string): Promise<void> {
  const path = join(context.folder, name + SUFFIX)
  const found = await readCertificate(path)
  if (!found || known.has(found.certificate.serialNumber)) return
  // One of another authority is refused when it is asked for, not here.
  if (!context.issuerOf(found.certificate)) return
  const profile = name.startsWith('servers/') ? 'server' : clientProfileOf(found.certificate)
  await recordIssued(context.folder, found.pem, { profile, name })
}

async function readCertificate(
  path: string,
): Promise<{ pem: string; certificate: X509Certificate } | undefined> {
  try {
    const pem = (await readText(path)) ?? ''
    const [certificate] = parseCertificates(path, pem)
    return certificate && { pem, certificate }
  } catch {
    return undefined // said when it is asked for, by name
  }
}

function clientProfileOf(certificate: X509Certificate): LeafProfile {
  const { extensions } = fieldsOf(certificate)
  const fits = (name: LeafProfile): boolean =>
    profileExtensions(PROFILES[name]).every(
      ({ oid, value }) => extensions.get(oid)?.equals(value) === true,
    )
  // The most particular first: a plain client certificate has no more than a plain one has.
  return CLIENT_PROFILES.toReversed().find(fits) ?? 'client'
}
