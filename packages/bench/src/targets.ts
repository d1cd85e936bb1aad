/** What is measured, in the order of the table. */
import type { ProofAlgorithm } from '@holdfast/client'
import { POST_QUANTUM } from '@holdfast/sender-constraint'
import type { Bench, Target } from './bench.ts'
import { missingApache, startApache } from './load/apache.ts'
import { selfSigned } from './load/certificates.ts'
import * as load from './load/contenders.ts'
import { startServer } from './load/processes.ts'
import { find } from './machine.ts'
import type { ServerSettings } from './servers/serving.ts'

const program = (name: string): URL => new URL(`./servers/${name}.ts`, import.meta.url)
const start = (bench: Bench, name: string, settings?: Partial<ServerSettings>) =>
  startServer(bench, program(name), settings)

/** Why a target cannot be measured without these programs. */
const missing =
  (...programs: readonly string[]) =>
  (): string | undefined => {
    const absent = programs.find((name) => !find(name))
    return absent && `${absent} is not installed`
  }

const noWrk = missing('wrk')
const noAb = missing('ab', 'openssl')

const bare = (name: string, title: string): Target => ({
  name,
  title,
  missing: noWrk,
  start: async (bench) => load.withoutChecks(bench, await start(bench, name)),
})

const OURS = { htu: 'configured', mustRemember: true } as const

const ours = (name: string, title: string, on: 'node' | 'koa', alg: ProofAlgorithm): Target => ({
  name,
  title,
  bare: `bare-${on}`,
  missing: noWrk,
  start: async (bench) =>
    load.withProofs(bench, await start(bench, `holdfast-${on}`), { ...OURS, alg }),
})

const opaque: Target = {
  name: 'koa-opaque',
  title: 'ours on Koa, ES256, opaque token from the cache',
  bare: 'bare-koa',
  missing: noWrk,
  start: async (bench) => {
    const server = await start(bench, 'holdfast-koa', { token: 'opaque' })
    return load.withProofs(bench, server, { ...OURS, alg: 'ES256', form: 'opaque' })
  },
}

const peer = (name: string, title: string): Target => ({
  name,
  title,
  missing: noWrk,
  start: async (bench) =>
    load.withProofs(bench, await start(bench, name), { alg: 'ES256', htu: 'of the request' }),
})

const overTls = (name: string, title: string, server: 'bare-koa' | 'holdfast-koa'): Target => ({
  name,
  title,
  ...(server === 'holdfast-koa' && { bare: 'bare-koa-tls' }),
  missing: noAb,
  start: async (bench) => {
    const { key, cert } = await selfSigned(bench.folder, 'server')
    const client = await selfSigned(bench.folder, 'client')
    const running = await start(bench, server, { tls: { key, cert } })
    return load.withCertificate(bench, running, { client, isChecked: server === 'holdfast-koa' })
  },
})

const mlDsa: Target = {
  ...ours('node-ml-dsa', 'ours on node:http, ML-DSA-44', 'node', 'ML-DSA-44'),
  missing: () =>
    noWrk() ?? (POST_QUANTUM.includes('ML-DSA-44') ? undefined : 'this Node does not have it'),
}

export const RAW = 'raw'
export const EXPRESS = 'express-oauth2-jwt-bearer'
export const MOD_OAUTH2 = 'mod_oauth2'

export const TARGETS: readonly Target[] = [
  {
    name: RAW,
    title: 'raw crypto.verify, ES256',
    start: (bench) => load.byItself(bench, program('raw-verify')),
  },
  bare('bare-node', 'bare node:http'),
  bare('bare-koa', 'bare Koa'),
  ours('node', 'ours on node:http, ES256', 'node', 'ES256'),
  ours('koa', 'ours on Koa, ES256', 'koa', 'ES256'),
  peer(EXPRESS, 'express-oauth2-jwt-bearer, ES256'),
  peer('oauth4webapi', 'oauth4webapi on Koa, ES256'),
  {
    name: MOD_OAUTH2,
    title: 'mod_oauth2 in Apache, ES256',
    missing: () => noWrk() ?? missingApache(),
    start: async (bench) =>
      load.withProofs(bench, await startApache(bench), { alg: 'ES256', htu: 'of the request' }),
  },
  ours('node-ps256', 'ours on node:http, PS256', 'node', 'PS256'),
  ours('node-ed25519', 'ours on node:http, Ed25519', 'node', 'EdDSA'),
  mlDsa,
  opaque,
  overTls('bare-koa-tls', 'bare Koa, TLS', 'bare-koa'),
  overTls('koa-mtls', 'ours on Koa, certificate-bound, TLS', 'holdfast-koa'),
]
