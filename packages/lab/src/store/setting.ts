/** What `HOLDFAST_STORE` may say. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { RecordsInPostgresOptions } from '@holdfast/store/postgres'
import type { RecordsInRedisOptions } from '@holdfast/store/redis'
import { codeOf, UsageError } from '../errors.ts'

export type StoreSetting =
  | { readonly engine: 'sqlite'; readonly folder: string }
  | (Elsewhere<'postgres'> & Pick<RecordsInPostgresOptions, 'server' | 'schema'>)
  | (Elsewhere<'redis'> & Omit<RecordsInRedisOptions, 'now' | 'quarantine'>)

interface Elsewhere<Engine extends string> {
  readonly engine: Engine
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string }
}

/** The embedded store, with nothing to install. */
export const storeIn = (state: string): StoreSetting => ({ engine: 'sqlite', folder: state })

export interface Given {
  readonly store: string
  readonly password?: string | undefined
  readonly passwordFile?: string | undefined
  /** What paths are relative to. */
  readonly root: string
}

// oxfmt-ignore
const FORMS = [
  'sqlite:FOLDER',
  'postgres://USER@HOST:PORT/DATABASE, with the parameters schema, ca and socket',
  'redis://HOST:PORT or rediss://USER@HOST:PORT, with the parameters name, restart=keeps, replicas, ca and socket',
].join('; ')

/** @throws UsageError naming the variable, its value without a password, and what is allowed */
export function readStore(given: Given): StoreSetting {
  const { store } = given
  if (store.startsWith('sqlite:') && store.length > 'sqlite:'.length)
    return storeIn(resolve(given.root, store.slice('sqlite:'.length)))
  const url = URL.parse(store)
  if (url?.protocol === 'postgres:') return postgres(url, given)
  if (url?.protocol === 'redis:' || url?.protocol === 'rediss:') return redis(url, given)
  throw refused(store, FORMS)
}

function postgres(url: URL, given: Given): StoreSetting {
  const { schema, ca, socket } = parameters(url, given, ['schema', 'ca', 'socket'])
  const database = decodeURIComponent(url.pathname.slice(1))
  if (database === '') throw refused(given.store, 'a database after the host')
  if (url.username === '') throw refused(given.store, 'a user before the host')
  if (schema !== undefined && !/^[a-z_][a-z0-9_]{0,62}$/.test(schema))
    throw refused(given.store, 'a schema of lower-case letters, digits and _')
  const password = passwordOf(given)
  const tls = ca !== undefined || !isHere(url, socket)
  const [host, port] = [socket ?? hostOf(url), Number(url.port || 5432)]
  return {
    engine: 'postgres',
    address: socket === undefined ? { host, port } : { path: join(socket, `.s.PGSQL.${port}`) },
    ...(schema !== undefined && { schema }),
    server: {
      host,
      port,
      user: decodeURIComponent(url.username),
      database,
      ...(password !== undefined && { password }),
      // What leaves this machine is encrypted, and the server is who it says.
      ...(tls && { ssl: ca === undefined ? true : { ca } }),
    },
  }
}

function redis(url: URL, given: Given): StoreSetting {
  const known = ['name', 'restart', 'replicas', 'ca', 'socket'] as const
  const { name, restart = 'loses', replicas = '0', ca, socket } = parameters(url, given, known)
  if (restart !== 'keeps' && restart !== 'loses')
    throw refused(given.store, 'restart=keeps or restart=loses')
  if (!/^\d$/.test(replicas)) throw refused(given.store, 'replicas from 0 to 9')
  if (!/^(\/\d{0,4})?$/.test(url.pathname)) throw refused(given.store, 'a number for the database')
  const address =
    socket === undefined ? { host: hostOf(url), port: Number(url.port || 6379) } : { path: socket }
  const secure = url.protocol === 'rediss:'
  if (!secure && (ca !== undefined || !isHere(url, socket)))
    throw refused(given.store, 'rediss: where the server is not on this machine, or with ca')
  if (secure && socket !== undefined) throw refused(given.store, 'redis: with socket')
  const password = passwordOf(given)
  return {
    engine: 'redis',
    address,
    ...(name !== undefined && { name }),
    restart,
    replicas: Number(replicas),
    server: {
      socket: {
        ...address,
        ...(secure ? { tls: true, ...(ca !== undefined && { ca }) } : { tls: false }),
      },
      database: Number(url.pathname.slice(1)),
      ...(url.username !== '' && { username: decodeURIComponent(url.username) }),
      ...(password !== undefined && { password }),
    },
  }
}

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1')

const isHere = (url: URL, socket: string | undefined): boolean =>
  socket !== undefined || /^(localhost|127(\.\d+){3}|::1)$/.test(hostOf(url))

function parameters<Name extends string>(
  url: URL,
  given: Given,
  known: readonly Name[],
): { readonly [name in Name]?: string } {
  if (url.password !== '')
    throw refused(given.store, 'no password here, but HOLDFAST_STORE_PASSWORD or …_PASSWORD_FILE')
  const found: { [name in Name]?: string } = {}
  for (const [key, value] of url.searchParams) {
    const name = known.find((one) => one === key)
    if (name === undefined) throw refused(given.store, `the parameters ${known.join(', ')}`)
    found[name] = name === 'ca' ? read('ca', resolve(given.root, value)) : value
  }
  if (url.hostname === '') throw refused(given.store, 'a host')
  if (url.searchParams.has('socket') && hostOf(url) !== 'localhost')
    throw refused(given.store, 'localhost as the host of a socket')
  return found
}

function passwordOf({ password, passwordFile, root }: Given): string | undefined {
  if (passwordFile === undefined) return password
  if (password !== undefined)
    throw new UsageError(
      'HOLDFAST_STORE_PASSWORD is refused beside HOLDFAST_STORE_PASSWORD_FILE: one of the two',
    )
  return read('HOLDFAST_STORE_PASSWORD_FILE', resolve(root, passwordFile)).trimEnd()
}

function read(key: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${key}: ${path} cannot be read (${codeOf(error)})`)
  }
}

const refused = (store: string, allowed: string): UsageError =>
  new UsageError(
    `HOLDFAST_STORE=${JSON.stringify(withoutPassword(store))} is refused; allowed: ${allowed}`,
  )

/** Whatever stands between a colon and the last @, for there a URL has its password. */
const withoutPassword = (text: string): string => text.replace(/:[^/:][^@]*@|:(?=.*@)[^/]*@/, ':…@')

/** Where the embedded store keeps its two files. */
export const filesOf = ({ folder }: { readonly folder: string }) => ({
  records: join(folder, 'records.sqlite'),
  // In a folder of its own: a resource server needs no more than this one.
  memory: join(folder, 'memory', 'replay.sqlite'),
})
