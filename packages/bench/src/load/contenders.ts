/** How a server becomes a contender: what is sent to it, and what it must answer first. */
import type { ProofAlgorithm } from '@holdfast/client'
import type { Bench, Contender, Measurement } from '../bench.ts'
import { PATH, RESOURCE } from '../scenario.ts'
import { BenchError } from '../error.ts'
import { ab } from './ab.ts'
import type { ClientCertificate } from './certificates.ts'
import type { TokenForm } from './clients.ts'
import { cpuTime } from './cpu-time.ts'
import { checkProofs, expectStatus, refused, statusOf, taken } from './probe.ts'
import { message, type Server, startNode } from './processes.ts'
import { requestText } from './request-text.ts'
import { Requests } from './requests.ts'
import { wrk } from './wrk.ts'

/** Requests of the first, short look at how fast a server is. */
const FIRST = 500
/** An RSA signature costs its client as much as twenty of the server's verifications. */
const MOST_PS256 = 15_000

interface Proofs {
  readonly alg: ProofAlgorithm
  readonly form?: TokenForm
  /** Does the server compare `htu` with its configured URL, or with what it makes of the request? */
  readonly htu: 'configured' | 'of the request'
  /** Is it no result if a proof is taken twice? Peers may, and the table says so. */
  readonly mustRemember?: boolean
}

/** Fresh proofs, each used once. */
export async function withProofs(
  bench: Bench,
  server: Server,
  { alg, form = 'jwt', htu, mustRemember = false }: Proofs,
): Promise<Contender> {
  const { children, connections, folder } = bench
  const url = new URL(PATH, server.url)
  const aim = { host: url.host, htu: htu === 'configured' ? `${RESOURCE}${PATH}` : url.href }
  const clients = await bench.clients(alg, form)
  const refusesReplay = await checkProofs(server.url, clients, aim)
  if (mustRemember && !refusesReplay) throw new BenchError('a used proof is taken again')
  const requests = new Requests(clients, aim, folder)
  const prepare = async (total: number) => {
    const files = await requests.sign(total)
    return () => wrk(children, { url, connections, total, files })
  }
  const most = alg === 'PS256' ? MOST_PS256 : Infinity
  return { refusesReplay, measure: await paced(server, prepare, most) }
}

/** The same requests, their proofs used again and again: for servers that look at none. */
export async function withoutChecks(bench: Bench, server: Server): Promise<Contender> {
  const { children, connections, folder } = bench
  const url = new URL(PATH, server.url)
  const clients = await bench.clients('ES256', 'jwt')
  const requests = new Requests(clients, { host: url.host, htu: url.href }, folder)
  const prepare = async (total: number) => {
    const files = await requests.sign(FIRST)
    return () => wrk(children, { url, connections, total, files })
  }
  return { measure: await paced(server, prepare) }
}

/** One client with its certificate, on connections that are kept. */
export async function withCertificate(
  bench: Bench,
  server: Server,
  { client, isChecked }: { readonly client: ClientCertificate; readonly isChecked: boolean },
): Promise<Contender> {
  const { children, connections, issuer } = bench
  const url = new URL(PATH, server.url)
  const authorization = `Bearer ${issuer.jwt({ 'x5t#S256': client.thumbprint })}`
  const text = requestText(url.host, { authorization })
  await expectStatus('an honest request', statusOf(url, text, client), taken)
  if (isChecked) await expectStatus('a request without certificate', statusOf(url, text), refused)
  const certificate = client.file
  const prepare = async (total: number) => () =>
    ab(children, { url, connections, total, certificate, authorization })
  return { measure: await paced(server, prepare) }
}

/** A process that measures itself when told to. */
export async function byItself(bench: Bench, program: URL): Promise<Contender> {
  const child = startNode(bench.children, program)
  await message(child)
  return {
    measure: (seconds) => {
      child.send({ seconds })
      return message<Measurement>(child)
    },
  }
}

type Load = () => Promise<Measurement>

// The load is a number of requests, since each is signed beforehand; the last rate says how many
// fill the time.
async function paced(
  { pid }: Server,
  prepare: (total: number) => Promise<Load>,
  most = Infinity,
): Promise<(seconds: number) => Promise<Measurement>> {
  async function measure(total: number): Promise<Measurement> {
    const load = await prepare(total)
    const before = cpuTime(pid)
    const measurement = await load()
    const after = cpuTime(pid)
    if (before === undefined || after === undefined) return measurement
    return { ...measurement, perCpuSecond: total / (after - before) }
  }
  let rate = (await measure(FIRST)).perSecond
  return async (seconds) => {
    const measurement = await measure(Math.ceil(Math.min(most, Math.max(FIRST, rate * seconds))))
    rate = measurement.perSecond
    return measurement
  }
}
