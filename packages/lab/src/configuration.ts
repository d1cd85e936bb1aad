/**
 * Where the lab listens and keeps its things. The only reader of the environment: each value is an
 * option of the command line, else a variable `HOLDFAST_…`, else the default.
 */
import { resolve } from 'node:path'
import { z } from 'zod'
import { UsageError } from './errors.ts'
import { PORTS, type Service } from './ports.ts'
import { readStore, storeIn, type StoreSetting } from './store/setting.ts'

const A_PORT = 'allowed: a whole number from 0 (the system chooses) to 65535'
const port = z
  .string()
  .regex(/^\d{1,5}$/, A_PORT)
  .transform(Number)
  .refine((value) => value <= 65_535, A_PORT)

/** As browsers write it. */
const isOrigin = (value: string): boolean =>
  URL.parse(value)?.origin === value &&
  /^(https:|http:\/\/(localhost|127\.0\.0\.1)(:|$))/.test(value)
const AN_ORIGIN =
  'allowed: origins, such as https://app.example or http://localhost:5173, separated by spaces'

export interface LabConfiguration {
  /** Address on which the services listen. */
  readonly listen: string
  /** Host name in all URLs and certificates. */
  readonly host: string
  readonly ports: { readonly [service in Service]: number }
  /** Folder of the PKI. */
  readonly certs: string
  /** Folder of everything else: clients, the run file, and the store unless that is elsewhere. */
  readonly state: string
  /** Where records and used proofs are. */
  readonly store: StoreSetting
  /** Pages, beside our own, whose scripts may speak to the servers: `http://localhost:5173`. */
  readonly browserOrigins: readonly string[]
  /** Addresses of the authorization servers behind a balancer. */
  readonly nodes: readonly string[]
  /** File with the key that the authorization server's keys are encrypted with in the store. */
  readonly keyEncryptionKeyFile?: string
}

export interface Options {
  readonly listen?: string | undefined
  readonly host?: string | undefined
  readonly certs?: string | undefined
  readonly state?: string | undefined
  /** Every port is the system's choice. */
  readonly ephemeral?: boolean
}

const ADDRESS = z.union([z.ipv4(), z.ipv6()], 'allowed: an IP address')

const words = z
  .string()
  .default('')
  .transform((list) => list.split(/[\s,]+/).filter(Boolean))

const schema = z.object({
  HOLDFAST_LISTEN: ADDRESS.default('127.0.0.1'),
  HOLDFAST_HOST: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'allowed: a host name in lower case')
    .default('localhost'),
  HOLDFAST_CERTS: z.string().default('certs'),
  HOLDFAST_STATE: z.string().default('.lab'),
  HOLDFAST_STORE: z.string().optional(),
  HOLDFAST_STORE_PASSWORD: z.string().optional(),
  HOLDFAST_STORE_PASSWORD_FILE: z.string().optional(),
  HOLDFAST_KEY_ENCRYPTION_KEY_FILE: z.string().optional(),
  HOLDFAST_BROWSER_ORIGINS: words.refine((origins) => origins.every(isOrigin), AN_ORIGIN),
  HOLDFAST_NODES: words.refine(
    (nodes) => nodes.every((node) => ADDRESS.safeParse(node).success),
    'allowed: IP addresses, separated by spaces',
  ),
})

type Given = { readonly [variable: string]: string | undefined }

const ROOT = resolve(import.meta.dirname, '../../..')

/** @throws UsageError naming variable or option, value and what is allowed */
export function readConfiguration(options: Options = {}): LabConfiguration {
  const { listen, host, certs, state } = options
  const given: Given = {
    // Set to nothing is not set.
    ...Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== '')),
    ...(listen !== undefined && { HOLDFAST_LISTEN: listen }),
    ...(host !== undefined && { HOLDFAST_HOST: host }),
    // A path on the command line is the user's; one in the environment or here is the project's.
    ...(certs !== undefined && { HOLDFAST_CERTS: resolve(certs) }),
    ...(state !== undefined && { HOLDFAST_STATE: resolve(state) }),
  }
  const read = parse(schema, given)
  const inFolder = resolve(ROOT, read.HOLDFAST_STATE)
  return {
    listen: read.HOLDFAST_LISTEN,
    host: read.HOLDFAST_HOST,
    ports: ports(given, options.ephemeral ?? false),
    certs: resolve(ROOT, read.HOLDFAST_CERTS),
    state: inFolder,
    browserOrigins: read.HOLDFAST_BROWSER_ORIGINS,
    nodes: read.HOLDFAST_NODES,
    store:
      read.HOLDFAST_STORE === undefined
        ? storeIn(inFolder)
        : readStore({
            store: read.HOLDFAST_STORE,
            password: read.HOLDFAST_STORE_PASSWORD,
            passwordFile: read.HOLDFAST_STORE_PASSWORD_FILE,
            root: ROOT,
          }),
    ...(read.HOLDFAST_KEY_ENCRYPTION_KEY_FILE !== undefined && {
      keyEncryptionKeyFile: resolve(ROOT, read.HOLDFAST_KEY_ENCRYPTION_KEY_FILE),
    }),
  }
}

function ports(given: Given, ephemeral: boolean): { readonly [service in Service]: number } {
  const read = (service: Service): number => {
    const [variable, usual] = PORTS[service]
    if (ephemeral) return 0
    return parse(z.object({ [variable]: port.optional() }), given)[variable] ?? usual
  }
  return {
    console: read('console'),
    certificateStatus: read('certificateStatus'),
    authorizationServer: read('authorizationServer'),
    mtlsAlias: read('mtlsAlias'),
    authorizationServerManagement: read('authorizationServerManagement'),
    resourceServer: read('resourceServer'),
    resourceServerManagement: read('resourceServerManagement'),
  }
}

function parse<T>(type: z.ZodType<T>, given: Given): T {
  const { success, data, error } = type.safeParse(given)
  if (success) return data
  const [issue] = error.issues
  const name = String(issue?.path[0])
  throw new UsageError(`${name}=${JSON.stringify(given[name])} is refused: ${issue?.message}`)
}
