/** What stands between a machine and a running lab. Looks only; changes nothing. */
import { constants } from 'node:fs'
import { access, open, stat } from 'node:fs/promises'
import { connect, createServer, type NetConnectOpts } from 'node:net'
import { dirname, join } from 'node:path'
import type { LabConfiguration } from '../configuration.ts'
import { codeOf } from '../errors.ts'
import { PORTS, type Service } from '../ports.ts'
import { readLiveRun } from '../run-file.ts'
import { filesOf } from '../store/setting.ts'
import { certificates } from './certificates.ts'
import type { Finding } from './finding.ts'

const OLDEST_NODE = 24

export async function examine(configuration: LabConfiguration): Promise<readonly Finding[]> {
  const live = await readLiveRun(configuration.state)
  return [
    node(),
    ...(live
      ? [
          {
            name: 'ports',
            found: `a lab is up (process ${live.pid}) at ${live.addresses.console}`,
            ok: true,
          },
        ]
      : await Promise.all(services.map((service) => port(configuration, service)))),
    await folder('certificates', configuration.certs),
    ...(await certificates(configuration.certs)),
    await folder('state', configuration.state),
    ...(await records(configuration)),
    await clock(configuration.certs),
  ]
}

function node(): Finding {
  const [major = 0] = process.versions.node.split('.').map(Number)
  const ok = major >= OLDEST_NODE
  return {
    name: 'Node',
    found: process.version,
    ok,
    ...(!ok && { remedy: `use Node ${OLDEST_NODE} or newer; scripts/lab installs one by itself` }),
  }
}

const services = Object.keys(PORTS).filter((name): name is Service => Object.hasOwn(PORTS, name))

async function port({ listen, ports }: LabConfiguration, service: Service): Promise<Finding> {
  const number = ports[service]
  if (number === 0) return { name: `port ${service}`, found: 'the system’s choice', ok: true }
  const problem = await tryPort(number, listen)
  return {
    name: `port ${service}`,
    found: `${number} ${problem ?? 'is free'}`,
    ok: problem === undefined,
    ...(problem !== undefined && {
      remedy: `stop what uses it, or set ${PORTS[service][0]} to another`,
    }),
  }
}

function tryPort(number: number, address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error) => resolve(`cannot be used (${codeOf(error)})`))
    probe.listen(number, address, () => probe.close(() => resolve(undefined)))
  })
}

/** There and writable, or can be made. */
async function folder(name: string, path: string): Promise<Finding> {
  try {
    await access(path, constants.R_OK | constants.W_OK)
    if ((await stat(path)).isDirectory()) return { name, found: path, ok: true }
    const remedy = 'move it away, or choose another folder'
    return { name, found: `${path} is no folder`, ok: false, remedy }
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' && (await isWritable(dirname(path))))
      return { name, found: `${path} will be made`, ok: true }
    return {
      name,
      found: `${path} cannot be used (${code})`,
      ok: false,
      remedy: `make it readable and writable, or choose another folder`,
    }
  }
}

const isWritable = (path: string): Promise<boolean> =>
  access(path, constants.W_OK).then(
    () => true,
    () => false,
  )

async function records(configuration: LabConfiguration): Promise<readonly Finding[]> {
  const { store } = configuration
  if (store.engine === 'sqlite') return database(filesOf(store).records)
  const problem = await reach(store.address)
  const name = `store (${store.engine})`
  const remedy = 'start it, or set HOLDFAST_STORE to another'
  const found = problem === undefined ? 'is reached' : `cannot be reached (${problem})`
  return [{ name, found, ok: problem === undefined, ...(problem !== undefined && { remedy }) }]
}

function reach(where: NetConnectOpts): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ ...where, timeout: 1_000 }, () => {
      socket.destroy()
      resolve(undefined)
    })
    socket.on('error', (error) => resolve(codeOf(error) ?? error.message))
    socket.on('timeout', () => {
      socket.destroy()
      resolve('no answer')
    })
  })
}

/** By the first bytes only: to open a database is to write beside it. */
async function database(path: string): Promise<readonly Finding[]> {
  const file = await open(path).catch(() => undefined)
  if (!file) return []
  const { buffer, bytesRead } = await file
    .read(Buffer.alloc(16), 0, 16)
    .catch(() => ({ buffer: Buffer.from('x'), bytesRead: 1 }))
  await file.close()
  const ok = bytesRead === 0 || buffer.toString('latin1') === 'SQLite format 3\0'
  const remedy = 'move it away; the next start makes a new one'
  const name = '  records'
  return [ok ? { name, found: path, ok } : { name, found: `${path} is no database`, ok, remedy }]
}

/** A file that was written in the future means that the clock has been set back since. */
async function clock(certs: string): Promise<Finding> {
  const now = Date.now()
  const written = await stat(join(certs, 'root.certificate.pem')).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
  const ok = written <= now + 1_000
  return {
    name: 'clock',
    found: new Date(now).toISOString(),
    ok,
    ...(!ok && { remedy: 'the certificates were written later than now: set the clock right' }),
  }
}
