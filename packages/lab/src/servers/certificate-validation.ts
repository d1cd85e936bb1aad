import { join } from 'node:path'
import { STATUS_FILE } from '@holdfast/ca'
import { type CertificateValidation, certificateValidation } from '@holdfast/ca/validation'
import type { LabConfiguration } from '../configuration.ts'
import { readTextFile } from '../text-file.ts'

/**
 * Path and status of client certificates, as the lab's servers ask for them: by the root of this
 * folder, and by what the status service says now. Refuses while nothing is known.
 */
export async function validateCertificates(
  { certs }: Pick<LabConfiguration, 'certs'>,
  statusUrl: string,
): Promise<CertificateValidation> {
  const validation = certificateValidation({
    roots: await readTextFile(join(certs, 'root.certificate.pem')),
    // The file tells of a revocation at the very next request, the URL where the file is not shared
    // and when a list grows old.
    status: [join(certs, STATUS_FILE), `${statusUrl}/status.pem`],
  })
  await validation.refresh()
  return validation
}

/** @throws Error while it cannot be told which certificates are revoked */
export function refuseUnknownStatus(validation: CertificateValidation): void {
  if (validation.missing().length > 0) throw new Error(validation.problems().join('; '))
}
