/** A credential in the form that another program wants it in. */
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { subjectOf } from '../encoding/certificate-names.ts'
import { AuthorityError } from '../error.ts'
import type { Credential } from '../issuing/leaf-request.ts'
import { pemBlocks } from '../encoding/pem.ts'
import { toPkcs12 } from './pkcs12.ts'

export const BUNDLE_FORMATS = ['pem', 'der', 'p12', 'jwks'] as const
export type BundleFormat = (typeof BUNDLE_FORMATS)[number]

export interface BundleOptions {
  /** For `p12`, which has to have one. */
  readonly passphrase?: string
  /** For `pem`. `p12` always has the key, the others never. */
  readonly withKey?: boolean
  /** For `p12`: the alias. Absent: the subject. */
  readonly friendlyName?: string
}

/**
 * `pem`: the chain, leaf first, and the key if asked for. `der`: the leaf alone. `p12`: key and chain.
 * `jwks`: the public key with `x5c` and `x5t#S256` (RFC 7517 §4.7, §4.9), as
 * `self_signed_tls_client_auth` registers it (RFC 8705 §2.2.2). The root is in none: it is trusted,
 * not sent. Rejects with AuthorityError.
 */
export async function bundle(
  credential: Pick<Credential, 'chain'> & Partial<Credential>,
  format: BundleFormat,
  options: BundleOptions = {},
): Promise<Buffer> {
  const chain = pemBlocks('CERTIFICATE', credential.chain).map((der) => new X509Certificate(der))
  const [leaf] = chain
  if (!leaf) throw refuse('bad-request', 'there is no certificate to bundle', 'Name another')
  const text = (): string => {
    if (format === 'jwks') return `${JSON.stringify(jwksOf(leaf, chain), null, 2)}\n`
    return credential.chain + (options.withKey ? keyOf(credential, leaf) : '')
  }
  if (format === 'der') return leaf.raw
  if (format !== 'p12') return Buffer.from(text())
  const { passphrase = '', friendlyName = subjectOf(leaf) } = options
  // PBES2 takes bytes, and Java only those of ASCII: what one program reads, all shall.
  if (!/^[\x20-\x7e]+$/.test(passphrase)) {
    const problem = 'a PKCS #12 file needs a passphrase, and Java reads none but ASCII'
    throw refuse('bad-passphrase', problem, 'Give one of printable ASCII characters')
  }
  const key = createPrivateKey(keyOf(credential, leaf))
  return await toPkcs12({ chain, key, friendlyName }, passphrase)
}

function keyOf({ key }: Partial<Credential>, leaf: X509Certificate): string {
  if (key === undefined) {
    throw refuse('missing-key', 'the key is not here', 'Bundle it where the key is')
  }
  if (!leaf.checkPrivateKey(createPrivateKey(key))) {
    throw refuse('key-mismatch', 'the key is not of this certificate', 'Give the right key')
  }
  return key
}

function jwksOf(leaf: X509Certificate, chain: readonly X509Certificate[]): object {
  return {
    keys: [
      {
        ...leaf.publicKey.export({ format: 'jwk' }),
        use: 'sig',
        x5c: chain.map(({ raw }) => raw.toString('base64')),
        'x5t#S256': createHash('sha256').update(leaf.raw).digest('base64url'),
      },
    ],
  }
}

type Code = 'bad-request' | 'bad-passphrase' | 'missing-key' | 'key-mismatch'

function refuse(code: Code, problem: string, remedy: string): AuthorityError {
  return new AuthorityError({ code, file: 'bundle', problem, remedy })
}
