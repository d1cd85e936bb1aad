/** Makes one certificate revocation list (RFC 5280 §5.1). `encoding/crl.ts` reads them. */
import { webcrypto, X509Certificate } from 'node:crypto'
import { Integer } from 'asn1js'
import { EXTENSION, fieldsOf, keyIdentifierOf } from '../encoding/certificate-fields.ts'
import type { CrlContent } from '../encoding/crl.ts'
import type { Issuer } from '../issuing/issue.ts'
import { hashFor, toSigningKey } from '../encoding/key-types.ts'
import type { Revocation } from './revocations.ts'
import * as x509 from '../encoding/x509.ts'

/** DER. */
export async function writeCrl(
  { certificate, key }: Issuer,
  { number, thisUpdate, nextUpdate }: CrlContent,
  revocations: readonly Revocation[],
): Promise<Buffer> {
  const issuer = fieldsOf(new X509Certificate(certificate))
  const keyIdentifier = (keyIdentifierOf(issuer) ?? Buffer.alloc(0)).toString('hex')
  const crl = await x509.X509CrlGenerator.create(
    {
      issuer: new x509.Name(issuer.subject),
      thisUpdate: new Date(thisUpdate),
      nextUpdate: new Date(nextUpdate),
      entries: revocations.map(({ serial, at, reason }) => ({
        serialNumber: serial,
        revocationDate: new Date(at),
        // RFC 5280 §5.3.1: "unspecified", which is 0, is said by saying nothing.
        reason: x509.X509CrlReason[reason],
      })),
      extensions: [
        new x509.AuthorityKeyIdentifierExtension(keyIdentifier),
        new x509.Extension(EXTENSION.crlNumber, false, Integer.fromBigInt(number).toBER()),
      ],
      signingKey: toSigningKey(key),
      signingAlgorithm: { name: '', hash: hashFor(key) },
    },
    webcrypto,
  )
  return Buffer.from(crl.rawData)
}
