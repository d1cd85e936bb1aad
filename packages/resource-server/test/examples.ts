/** Runs an example as its reader would, in a process of its own, against a real issuer over HTTPS. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addressOf } from './issuer.ts'
import { accessToken, dpopProof, jkt, newSigner, RESOURCE } from './mint.ts'
import { dpopFields } from './stage.ts'
import { certificates } from './wire.ts'

export const EXAMPLES = ['express', 'fastify', 'hono', 'koa', 'node', 'cluster'] as const

export interface RealIssuer {
  readonly url: string
  readonly signer: ReturnType<typeof newSigner>
  /** The file of the authority that its certificate comes from. */
  readonly ca: string
  close(): Promise<void>
}

export async function startRealIssuer(): Promise<RealIssuer> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'))
  const ca = join(folder, 'ca.pem')
  writeFileSync(ca, certificates.ca)
  const signer = newSigner('issuer-1')
  const server = createServer(certificates.server, ({ url }, response) => {
    const keys = [{ ...signer.jwk, kid: signer.kid, alg: 'ES256', use: 'sig' }]
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify(url === '/jwks' ? { keys } : { issuer, jwks_uri: `${issuer}/jwks` }),
    )
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const issuer = `https://localhost:${addressOf(server.address()).port}`
  return {
    url: issuer,
    signer,
    ca,
    close: () => {
      rmSync(folder, { recursive: true })
      return new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      })
    },
  }
}

interface Reply {
  readonly status: number
  readonly challenges: readonly string[]
  readonly nonce: string | undefined
  readonly body: string
}

export interface Running {
  /** A token of Alice, bound to a key, and a proof by that key. */
  fields(nonce?: string): Promise<readonly (readonly [string, string])[]>
  send(fields?: readonly (readonly [string, string])[], path?: string): Promise<Reply>
  /** What it wrote on standard error. */
  complaints(): string
  close(): Promise<void>
}

/** @param node the program to run it with */
export async function run(node: string, file: string, issuer: RealIssuer): Promise<Running> {
  const child = spawn(node, ['--import', join(import.meta.dirname, 'announce.mjs'), file], {
    env: {
      ISSUER: issuer.url,
      RESOURCE,
      PORT: '0',
      NONCE_SECRET: Buffer.alloc(32, 7).toString('base64url'),
      NODE_EXTRA_CA_CERTS: issuer.ca,
    },
  })
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()))
  const port = await portOf(child, () => complaints)
  const client = newSigner('client')
  return {
    fields: async (nonce) => {
      const time = Date.now() / 1000
      const cnf = { jkt: jkt(client) }
      const token = await accessToken(issuer.signer, time, { iss: issuer.url, cnf })
      const claims = nonce === undefined ? {} : { nonce }
      return dpopFields(token, await dpopProof(client, { token, time, claims }))
    },
    send: (fields = [], path = '/accounts') => exchange(port, path, fields),
    complaints: () => complaints,
    close: () =>
      new Promise((done) => {
        child.once('exit', () => done())
        child.kill()
      }),
  }
}

function portOf(child: ChildProcess, complaints: () => string): Promise<number> {
  return new Promise((done, fail) => {
    let said = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const [, port] = /^listening on (\d+)$/m.exec(said) ?? []
      if (port !== undefined) done(Number(port))
    })
    child.once('exit', () => fail(new Error(`the example ended: ${complaints()}`)))
  })
}

function exchange(
  port: number,
  path: string,
  fields: readonly (readonly [string, string])[],
): Promise<Reply> {
  return new Promise((done, fail) => {
    const headers = ['Host', 'rs.example', ...fields.flat()]
    // localhost, not 127.0.0.1: where no host is given, each framework chooses for itself.
    const outgoing = request({ host: 'localhost', port, path, headers, agent: false })
    outgoing.on('error', fail)
    outgoing.on('response', (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => {
        const { statusCode: status = 0, headersDistinct } = response
        done({
          status,
          challenges: headersDistinct['www-authenticate'] ?? [],
          nonce: headersDistinct['dpop-nonce']?.[0],
          body,
        })
      })
    })
    outgoing.end()
  })
}
