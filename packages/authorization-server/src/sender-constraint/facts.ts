import type { X509Certificate } from 'node:crypto'
import {
  certificateFacts,
  certificateFieldIn,
  type DpopFields,
  type Facts,
  type Fields,
  hasForeignNonce,
  isNewGeneration,
  normaliseUri,
  parseCredentials,
  type ProofHeader,
  readDpopFields,
  readFields,
  readNonce,
  type Recent,
  valuesOf,
} from '@holdfast/sender-constraint'
import type { ReplayMemory } from '@holdfast/store'
import type { Context } from 'koa'
import type { Origin } from './origin.ts'

export interface Reading {
  readonly origin: (ctx: Context) => Origin
  readonly memory: ReplayMemory
  /** The client's, where the listener asks for one. */
  readonly certificate: (ctx: Context) => X509Certificate | undefined
  /** Headers of proofs that were accepted, with their keys imported. */
  readonly headers: Recent<ProofHeader>
}

/** Where tokens are issued: a proof, if there is one, and no access token. */
export async function proofFacts(ctx: Context, reading: Reading): Promise<Facts> {
  const fields = readFields(ctx.req.rawHeaders)
  const dpop = fields.has('dpop') ? await readProof(fields, ctx, reading) : undefined
  return {
    ...requestFacts(ctx, reading),
    credentials: { form: 'none', inQuery: false },
    ...(dpop && { dpop }),
  }
}

/**
 * At userinfo: everything that a resource server reads, but for proxies and the name in the
 * handshake: nobody stands before us, and the host is pinned.
 */
export async function userinfoFacts(
  ctx: Context,
  tokenOf: (text: string) => Promise<NonNullable<Facts['token']>>,
  reading: Reading,
): Promise<Facts> {
  const fields = readFields(ctx.req.rawHeaders)
  const credentials = parseCredentials(valuesOf(fields, 'authorization'), ctx.querystring)
  const presented = credentials.form === 'token' ? credentials : undefined
  const token = presented && (await tokenOf(presented.token))
  const dpop = presented?.scheme === 'DPoP' ? await readProof(fields, ctx, reading) : undefined
  const field = certificateFieldIn(fields)
  const leaf = reading.certificate(ctx)
  return {
    ...requestFacts(ctx, reading), // after all waiting: freshness is judged now
    ...(field !== undefined && { forwarding: { by: 'client', field } }),
    credentials,
    ...(token && { token }),
    ...(dpop && { dpop }),
    ...(leaf && { certificate: certificateFacts(leaf) }),
  }
}

const requestFacts = (ctx: Context, { origin, memory }: Reading) => ({
  now: Date.now(),
  request: { method: ctx.method, uri: normaliseUri(origin(ctx).url + ctx.path) },
  memory: { since: memory.since, generation: memory.generation },
})

async function readProof(
  fields: Fields,
  ctx: Context,
  { origin, memory, headers }: Reading,
): Promise<DpopFields> {
  const read = () =>
    readDpopFields(
      valuesOf(fields, 'dpop'),
      (value) => readNonce(origin(ctx).nonces, memory.generation, Date.now(), value),
      headers,
    )
  const dpop = read()
  return hasForeignNonce(dpop) && (await isNewGeneration(memory)) ? read() : dpop
}
