/**
 * What others say about every profile and every fixture: OpenSSL, pkijs and Java, each with the CRLs,
 * beside our own validation. Where one of them differs, the table says so, and why.
 */
// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 needs it loaded first
import 'reflect-metadata'
import { spawnSync } from 'node:child_process'
import { webcrypto } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as peculiar from '@peculiar/x509'
import * as pkijs from 'pkijs'
import { beforeAll, describe, expect, it } from 'vitest'
import * as fixtures from '../src/fixtures.ts'
import {
  type Authority,
  FIXTURES,
  KEY_TYPES,
  openAuthority,
  publishStatus,
  STATUS_FILE,
} from '../src/index.ts'
import { pemBlocks, pemOf } from '../src/encoding/pem.ts'
import { certificateValidation } from '../src/validation.ts'
import { chainOf, newFolder, openssl, verify } from './lab.ts'

const LEGAL = 'CN=Third Party,organizationIdentifier=PSDXX-LAB-123456,O=Third Party,C=DE'

/** Every profile that is asked for by name, with the purpose it is used for. */
async function everyProfile(authority: Authority) {
  const names = {
    dns: ['a.example'],
    uri: ['https://a.example'],
    ip: ['192.0.2.1'],
    email: ['a@b.example'],
  }
  const client: Authority['client'] = (name, request) => authority.client(name, request)
  return {
    server: { ...(await authority.server('localhost')), purpose: 'server' },
    client: {
      ...(await client('client', { subject: 'CN=JohnDoe,OU=IT', ...names })),
      purpose: 'client',
    },
    openBankingTransport: {
      ...(await client('transport', {
        subject: LEGAL,
        profile: 'openBankingTransport',
        dns: ['tpp.example'],
      })),
      purpose: 'client',
    },
    openBankingSeal: {
      ...(await client('seal', { subject: LEGAL, profile: 'openBankingSeal' })),
      purpose: 'client',
    },
    spiffe: {
      ...(await client('spiffe', {
        subject: '',
        profile: 'spiffe',
        uri: ['spiffe://lab.example/workload'],
      })),
      purpose: 'client',
    },
  } as const
}

interface Question {
  readonly chain: string
  readonly purpose: 'client' | 'server'
}

function crlsOf(status: string): Buffer[] {
  return pemBlocks('X509 CRL', status)
}

function byOpenssl({ trust, context }: Authority, { chain, purpose }: Question): boolean {
  const lists = [
    '-crl_check_all',
    '-CRLfile',
    join(context.folder, STATUS_FILE),
    '-auth_level',
    '2',
  ]
  return verify({ trust, chain, purpose: purpose === 'client' ? 'sslclient' : 'sslserver' }, lists)
    .ok
}

function byUs({ trust }: Authority, status: string, { chain, purpose }: Question): boolean {
  const file = join(newFolder(), 'crls.pem')
  writeFileSync(
    file,
    crlsOf(status)
      .map((der) => pemOf('X509 CRL', der))
      .join(''),
  )
  const [leaf, ...sent] = chainOf(chain)
  const validation = certificateValidation({ roots: trust, status: [file] })
  return leaf !== undefined && validation.validate(leaf, sent, purpose).ok
}

const bytesOf = (buffer: Buffer): ArrayBuffer => Uint8Array.from(buffer).buffer

async function byPkijs(
  { trust }: Authority,
  status: string,
  { chain }: Question,
): Promise<boolean> {
  const certificates = (pem: string) =>
    chainOf(pem).map(({ raw }) => pkijs.Certificate.fromBER(bytesOf(raw)))
  const [leaf, ...sent] = certificates(chain)
  const engine = new pkijs.CertificateChainValidationEngine({
    trustedCerts: certificates(trust),
    // It takes the last for the one in question.
    certs: leaf ? [...sent, leaf] : [],
    crls: crlsOf(status).map((der) => pkijs.CertificateRevocationList.fromBER(bytesOf(der))),
  })
  return (await engine.verify()).result
}

const JAVA = `
import java.io.*; import java.nio.file.*; import java.security.cert.*; import java.util.*;
public class Check {
  public static void main(String[] args) throws Exception {
    CertificateFactory x509 = CertificateFactory.getInstance("X.509");
    X509Certificate root = (X509Certificate) x509.generateCertificate(new FileInputStream(args[0]));
    Collection<? extends CRL> crls = x509.generateCRLs(new FileInputStream(args[1]));
    for (int index = 2; index < args.length; index++) {
      String verdict = "OK";
      try {
        List<Certificate> chain = new ArrayList<>(x509.generateCertificates(new FileInputStream(args[index])));
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(crls)));
        CertPathValidator.getInstance("PKIX").validate(x509.generateCertPath(chain), parameters);
      } catch (Exception refusal) { verdict = String.valueOf(refusal.getMessage()); }
      System.out.println(verdict);
    }
  }
}
`
/** Its folder; compiled once. `undefined`: there is no JDK. */
let compiled: string | undefined
function javaProgram(): string | undefined {
  if (compiled !== undefined) return compiled
  const home = newFolder()
  writeFileSync(join(home, 'Check.java'), JAVA)
  if (spawnSync('javac', ['-d', home, join(home, 'Check.java')]).status === 0) compiled = home
  return compiled
}

/** All chains in one run: a Java machine takes its time to start. */
function byJava(
  { trust }: Authority,
  status: string,
  chains: readonly string[],
): boolean[] | undefined {
  const program = javaProgram()
  if (program === undefined) return undefined
  const home = newFolder()
  const write = (name: string, text: string): string => {
    writeFileSync(join(home, name), text)
    return join(home, name)
  }
  const crls = crlsOf(status)
    .map((der) => pemOf('X509 CRL', der))
    .join('')
  const files = chains.map((chain, index) => write(`${index}.pem`, chain))
  const args = [
    '-cp',
    program,
    '-XX:TieredStopAtLevel=1',
    'Check',
    write('root.pem', trust),
    write('crls.pem', crls),
    ...files,
  ]
  const { status: code, stdout } = spawnSync('java', args, { encoding: 'utf8' })
  return code === 0
    ? stdout
        .trim()
        .split('\n')
        .map((line) => line === 'OK')
    : undefined
}

describe.each(KEY_TYPES)('every profile with %s keys', async (keyType) => {
  const authority = await openAuthority(newFolder(), {
    keyType,
    statusUrl: 'http://localhost:9081',
  })
  const profiles = await everyProfile(authority)
  const status = await publishStatus(authority.context)
  const entries = Object.entries(profiles)

  it('is accepted by openssl -x509_strict -crl_check_all and by us', () => {
    for (const [name, profile] of entries) {
      expect([name, byOpenssl(authority, profile), byUs(authority, status, profile)]).toEqual([
        name,
        true,
        true,
      ])
    }
  })

  it('is accepted by pkijs, but for Ed25519, which it does not know', async () => {
    for (const [name, profile] of entries) {
      const verdict = await byPkijs(authority, status, profile)
      expect([name, verdict]).toEqual([name, keyType !== 'Ed25519'])
    }
  })

  it('is chained by @peculiar/x509', async () => {
    for (const [name, { chain }] of entries) {
      const [leaf, ...rest] = chainOf(chain + authority.root).map(
        ({ raw }) => new peculiar.X509Certificate(Uint8Array.from(raw)),
      )
      const builder = new peculiar.X509ChainBuilder({ certificates: rest })
      const built = leaf ? await builder.build(leaf, webcrypto) : []
      expect([name, built.length]).toEqual([name, 3])
    }
  })

  it('is accepted by Java', { timeout: 60_000 }, (context) => {
    const verdicts = byJava(
      authority,
      status,
      entries.map(([, { chain }]) => chain),
    )
    if (!verdicts) context.skip('java (a JDK) is missing')
    expect(verdicts).toEqual(entries.map(() => true))
  })
})

describe('every fixture', async () => {
  const authority = await openAuthority(newFolder())
  const honest = await authority.client('john', { subject: 'CN=JohnDoe,OU=IT' })
  const made = await Promise.all(
    Object.entries(fixtures).map(async ([name, misuse]) => {
      const { chain } = await misuse(authority, honest)
      return { name, chain, purpose: 'client' } as const
    }),
  )
  const status = await publishStatus(authority.context)
  let java: boolean[] | undefined
  beforeAll(() => {
    // Compiling and starting it takes seconds on a busy machine.
    java = byJava(
      authority,
      status,
      made.map(({ chain }) => chain),
    )
  }, 60_000)

  /** What each accepts though it should not: it does not look at that. We do, so we refuse. */
  const BLIND: Readonly<Record<'openssl' | 'pkijs' | 'java', readonly string[]>> = {
    openssl: ['caAsClient'],
    // Both check a path, not what it is for, and have no such policy for keys and hashes.
    pkijs: ['wrongPurpose', 'caAsClient', 'rsa1024', 'sha1Signature'],
    java: ['wrongPurpose', 'caAsClient', 'rsa1024', 'sha1Signature'],
  }
  const expected = (blind: readonly string[]): Record<string, boolean> =>
    Object.fromEntries(
      Object.entries(FIXTURES).map(([name, { verdict }]) => [
        name,
        verdict === 'accept' || blind.includes(name),
      ]),
    )
  const verdicts = (judge: (one: (typeof made)[number], index: number) => boolean | undefined) =>
    Object.fromEntries(made.map((one, index) => [one.name, judge(one, index)]))

  it('is judged by us as its name says', () => {
    expect(verdicts((one) => byUs(authority, status, one))).toEqual(expected([]))
  })

  it('is judged by openssl likewise, but for what it does not look at', () => {
    expect(verdicts((one) => byOpenssl(authority, one))).toEqual(expected(BLIND.openssl))
  })

  it('by pkijs', async () => {
    const judged = await Promise.all(made.map((one) => byPkijs(authority, status, one)))
    expect(verdicts((_, index) => judged[index])).toEqual(expected(BLIND.pkijs))
  })

  it('and by Java', (context) => {
    if (!java) context.skip('java (a JDK) is missing')
    expect(verdicts((_, index) => java?.[index])).toEqual(expected(BLIND.java))
  })
})

it('qualified profiles say what ETSI wants, as openssl prints it', async () => {
  const authority = await openAuthority(newFolder())
  const { openBankingTransport, openBankingSeal, spiffe } = await everyProfile(authority)
  const text = (pem: string) => openssl(['x509', '-noout', '-text'], pem).output
  const transport = text(openBankingTransport.certificate)
  expect(transport).toContain('organizationIdentifier = PSDXX-LAB-123456')
  expect(transport).toContain('Policy: 0.4.0.194112.1.4')
  expect(transport).toContain('TLS Web Client Authentication, TLS Web Server Authentication')
  expect(transport).toContain('qcStatements')
  const seal = text(openBankingSeal.certificate)
  expect(seal).toContain('Digital Signature, Non Repudiation')
  expect(seal).not.toContain('Extended Key Usage')
  const svid = text(spiffe.certificate)
  expect(svid).toMatch(
    /Subject Alternative Name: critical\n\s+URI:spiffe:\/\/lab.example\/workload/,
  )
  expect(svid).toMatch(/Subject: *\n/)
})

it.each([
  [
    'a seal without organizationIdentifier',
    { subject: 'CN=x,O=y,C=DE', profile: 'openBankingSeal' },
  ],
  [
    'a SPIFFE identity of two URIs',
    { subject: '', profile: 'spiffe', uri: ['spiffe://a/b', 'spiffe://a/c'] },
  ],
  [
    'a SPIFFE identity with a DNS name',
    { subject: '', profile: 'spiffe', uri: ['spiffe://a/b'], dns: ['a.example'] },
  ],
  ['a client without a subject', { subject: '' }],
] as const)('refuses %s', async (_, request) => {
  const authority = await openAuthority(newFolder())
  await expect(authority.client('x', request)).rejects.toMatchObject({ code: 'bad-request' })
})
