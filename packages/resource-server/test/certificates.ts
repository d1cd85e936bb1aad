import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from './mint.ts'

export interface Pair {
  readonly key: string
  readonly cert: string
}

export interface Certificates {
  readonly ca: string
  /** The same with its key. */
  readonly authority: Pair
  readonly server: Pair
  readonly alice: Pair
  readonly bob: Pair
  /** Signed by its own key, by no authority. */
  readonly selfSigned: Pair
}

type Make = (name: string, extension: string, options?: Options) => Pair

interface Options {
  /** Default: its own key. */
  readonly by?: 'ca' | 'intermediate'
  /** Default: P-256. */
  readonly key?: string
}

const P256 = 'ec -pkeyopt ec_paramgen_curve:P-256'
const CA = 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign'
const CLIENT = 'extendedKeyUsage=clientAuth'

/** A certificate authority and what it has signed, made by openssl. */
export const makeCertificates = (): Certificates =>
  inFolder({}, (make) => {
    const authority = make('ca', CA)
    return {
      ca: authority.cert,
      authority,
      server: make('server', 'subjectAltName=DNS:localhost,IP:127.0.0.1', { by: 'ca' }),
      alice: make('alice', CLIENT, { by: 'ca' }),
      bob: make('bob', CLIENT, { by: 'ca' }),
      selfSigned: make('self', CLIENT),
    }
  })

/** What the tests of reverse proxies need besides, of the same authority. */
export const makeMore = ({ authority }: Certificates) =>
  inFolder({ ca: authority }, (make) => {
    const intermediate = make('intermediate', CA, { by: 'ca' })
    return {
      hop: make('hop.example', CLIENT, { by: 'ca' }),
      /** Says that it is the hop, and nobody has signed that. */
      selfMadeHop: make('hop.example', CLIENT),
      rsa: make('rsa', CLIENT, { by: 'ca', key: 'rsa:2048' }),
      intermediate,
      chained: make('chained', CLIENT, { by: 'intermediate' }),
    }
  })

/** Works in a folder of its own, which is removed. */
function inFolder<T>(given: Readonly<Record<string, Pair>>, work: (make: Make) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'))
  const file = (name: string) => join(folder, name)
  const read = (name: string) => readFileSync(file(name), 'utf8')
  const openssl = (options: string) =>
    execFileSync('openssl', options.trim().split(' '), {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const make: Make = (name, extension, { by, key = P256 } = {}) => {
    const configuration = `[req]\ndistinguished_name=dn\n[dn]\n[v3]\n${extension}\n`
    writeFileSync(file('extensions.cnf'), configuration)
    const files = `-keyout ${name}.key -out ${name}.pem -config extensions.cnf`
    const signer = by ? `-CA ${by}.pem -CAkey ${by}.key` : ''
    openssl(
      `req -x509 -new -newkey ${key} -nodes -days 30 -extensions v3 ${files} -subj /CN=${name} ${signer}`,
    )
    return { key: read(`${name}.key`), cert: read(`${name}.pem`) }
  }
  try {
    for (const [name, { key, cert }] of Object.entries(given)) {
      writeFileSync(file(`${name}.key`), key)
      writeFileSync(file(`${name}.pem`), cert)
    }
    return work(make)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const x5t = ({ cert }: Pair): string => sha256(new X509Certificate(cert).raw)
