import { execFile } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  type Authority,
  type IssuedCredential,
  KEY_TYPES,
  type KeyType,
  makeCsr,
  openAuthority,
  publishStatus,
  signRequest,
  STATUS_FILE,
  statusListener,
} from '@holdfast/ca'
import { certificateValidation } from '@holdfast/ca/validation'
import { CannotRun } from './cannot-run.ts'
import { Broken, type Line, type Soak } from './soak.ts'

/** Milliseconds. */
const PROMISED = 5
/** Verdicts are so quick that one more or less is within the clock's error. */
const VERDICTS = 20_000

export const certificates: Soak = {
  name: 'certificates',
  shows: `A status answer takes less than ${PROMISED} ms with every type of key; and how many certificates and verdicts there are in a second.`,
  counts: 'certificates signed and OCSP answers given for each type of key',
  rounds: 500,
  run: async (rounds, say) => {
    const [table, broken]: [Line[], Broken] = [[], new Broken()]
    for (const keyType of KEY_TYPES) {
      const folder = await mkdtemp(join(tmpdir(), 'holdfast-certificates-'))
      try {
        const line = await measure(folder, keyType, rounds)
        const answer = line['OCSP ms']
        if (answer >= PROMISED) broken.add(`${keyType}: an OCSP answer takes ${answer} ms`)
        table.push({ key: keyType, ...line })
        say(`${keyType}: measured`)
      } finally {
        await rm(folder, { recursive: true })
      }
    }
    return { table, broken: broken.list }
  },
}

async function measure(folder: string, keyType: KeyType, rounds: number) {
  const authority = await openAuthority(join(folder, 'ca'), { keyType })
  const begun = performance.now()
  const john = await authority.client('john', { subject: 'CN=JohnDoe,OU=IT' })
  const withKey = performance.now() - begun
  const csr = await makeCsr(createPrivateKey(john.key), {
    subject: 'CN=JohnDoe,OU=IT',
    alternativeNames: {},
  })
  const signing = await time(rounds, () => signRequest(authority, csr, 'client'))
  const { times, verdicts } = await status(authority, john, { folder, rounds })
  return {
    'signed/s': perSecond(signing),
    'first with its key ms': round(withKey),
    'OCSP ms': round(times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Infinity),
    'OCSP/s': perSecond(times),
    'verdicts/s': verdicts,
  }
}

/** Answers over HTTP, one after the other, and verdicts on a certificate that was seen before. */
async function status(
  authority: Authority,
  { certificate }: IssuedCredential,
  { folder, rounds }: { readonly folder: string; readonly rounds: number },
) {
  await publishStatus(authority.context)
  const question = await questionFor(authority, certificate, folder)
  const server = createServer(statusListener(authority)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const headers = { 'content-type': 'application/ocsp-request' }
  const ask = async (): Promise<void> => {
    const url = `http://127.0.0.1:${port}/ocsp`
    const response = await fetch(url, { method: 'POST', headers, body: question })
    const answer = Buffer.from(await response.arrayBuffer())
    // OCSPResponseStatus successful (RFC 6960 §4.2.1) in what must be a long sequence.
    if (!answer.includes(Buffer.from('0a0100', 'hex'))) throw new Error('no OCSP answer')
  }
  await ask() // which makes the responder's certificate
  const times = await time(rounds, ask)
  server.close()
  server.closeAllConnections()
  const files = [join(authority.context.folder, STATUS_FILE)]
  const validation = certificateValidation({ roots: authority.trust, status: files })
  const leaf = new X509Certificate(certificate)
  const begun = performance.now()
  for (let done = 0; done < VERDICTS; done += 1) {
    if (!validation.validate(leaf, [], 'client').ok)
      throw new Error('a good certificate is refused')
  }
  const verdicts = Math.round((1000 * VERDICTS) / (performance.now() - begun))
  validation.close()
  return { times, verdicts }
}

/** As openssl asks, with a nonce. */
async function questionFor(authority: Authority, certificate: string, folder: string) {
  const [issuer, leaf, request] = ['issuer', 'leaf', 'request'].map((name) => join(folder, name))
  if (!issuer || !leaf || !request) throw new TypeError('no paths')
  await writeFile(issuer, authority.issuing)
  await writeFile(leaf, certificate)
  const args = ['ocsp', '-issuer', issuer, '-cert', leaf, '-reqout', request]
  await promisify(execFile)('openssl', args).catch((cause: unknown) => {
    throw new CannotRun('openssl is not installed', { cause })
  })
  return await readFile(request)
}

async function time(rounds: number, work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let done = 0; done < rounds; done += 1) {
    const begun = performance.now()
    await work()
    times.push(performance.now() - begun)
  }
  return times
}

const perSecond = (times: readonly number[]): number =>
  Math.round((1000 * times.length) / times.reduce((sum, one) => sum + one, 0))

const round = (value: number): number => Math.round(value * 100) / 100
