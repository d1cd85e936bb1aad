/** Makes a certificate signing request, for clients that keep their key to themselves. */
import { type KeyObject, webcrypto } from 'node:crypto'
import { type AlternativeNames, encodeAlternativeNames } from './alternative-names.ts'
import { EXTENSION } from './certificate-fields.ts'
import { encodeName } from './distinguished-name.ts'
import { hashFor, toSigningKey, toVerifyingKey } from './key-types.ts'
import { parseName } from './rfc4514.ts'
import * as x509 from './x509.ts'

export interface CsrWish {
  /** RFC 4514. */
  readonly subject: string
  readonly alternativeNames: AlternativeNames
}

/** PEM. Rejects with NameSyntaxError or MalformedDer for names that are none. */
export async function makeCsr(
  key: KeyObject,
  { subject, alternativeNames }: CsrWish,
): Promise<string> {
  const names = encodeAlternativeNames(alternativeNames)
  const request = await x509.Pkcs10CertificateRequestGenerator.create(
    {
      name: new x509.Name(encodeName(parseName(subject))),
      keys: { privateKey: toSigningKey(key), publicKey: toVerifyingKey(key) },
      signingAlgorithm: { name: '', hash: hashFor(key) },
      extensions: names ? [new x509.Extension(EXTENSION.subjectAltName, false, names)] : [],
    },
    webcrypto,
  )
  return `${request.toString('pem')}\n`
}
