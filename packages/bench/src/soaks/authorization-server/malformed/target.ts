/** The authorization server in this process, on two TLS ports, its records in a file. */
import { createServer, type Server, type ServerOptions } from 'node:https'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import {
  checkConfiguration,
  createAuthorizationServer,
  type Listener,
  type Outcome,
  provision,
} from '@holdfast/authorization-server'
import { RecordsInSqlite } from '@holdfast/store'
import { type ClientCertificate, selfSigned } from '../../../load/certificates.ts'
import { listening } from '../../../load/listening.ts'
import { begun } from '../../memory.ts'
import { newFolder } from '../../processes.ts'
import { AsClient, clientsOf, USER } from './as-client.ts'

export interface Target {
  readonly issuer: string
  readonly client: AsClient
  readonly connect: (side: 'public' | 'alias') => TLSSocket
  readonly close: () => Promise<void>
}

/** Milliseconds; a machine that is busy has been slow to send an honest request, too. */
const PATIENT = { headersTimeout: 1_000, requestTimeout: 1_000, connectionsCheckingInterval: 50 }
const OFTEN = { most: 1_000_000, within: 60 }

export async function startTarget(audit: (outcome: Outcome) => void): Promise<Target> {
  const folder = newFolder()
  const [own, theirs] = [await selfSigned(folder, 'server'), await selfSigned(folder, 'client')]
  const serve: { public?: Listener; alias?: Listener } = {}
  const tls: ServerOptions = { ...PATIENT, key: own.key, cert: own.cert, maxHeaderSize: 32_768 }
  const asking = { ...tls, requestCert: true, rejectUnauthorized: false }
  const servers = {
    public: createServer(tls, (...both) => serve.public?.(...both)),
    alias: createServer(asking, (...both) => serve.alias?.(...both)),
  }
  const issuer = await listening(servers.public, 'https')
  const alias = await listening(servers.alias, 'https')
  const records = new RecordsInSqlite(join(folder, 'records.sqlite'))
  const client = new AsClient(issuer)
  await provision(records, { clients: clientsOf(client), users: [USER] })
  const made = await createAuthorizationServer({
    configuration: checkConfiguration({
      issuer,
      mtlsOrigin: alias,
      profiles: ['fapi2-security-profile', 'fapi2-message-signing', 'ciba-dpop'],
      resources: [
        { indicator: 'https://rs.example', scopes: ['read'], format: 'opaque', ttl: 300 },
      ],
      failures: {
        client: OFTEN,
        clients: OFTEN,
        login: OFTEN,
        logins: OFTEN,
        loginAnywhere: OFTEN,
        userCodes: OFTEN,
      },
    }),
    records,
    memory: begun(),
    certificates: {
      validate: () => ({ ok: true }),
      subjectMatches: (certificate, _, expected) => certificate.subject === expected,
    },
    audit,
  })
  serve.public = made.publicListener
  serve.alias = made.mtlsListener
  return {
    issuer,
    client,
    connect: opener({ public: issuer, alias }, own, theirs),
    close: async () => {
      made.close()
      await Promise.all(Object.values(servers).map(closed))
      await records.close()
    },
  }
}

const opener =
  (origins: { public: string; alias: string }, own: ClientCertificate, theirs: ClientCertificate) =>
  (side: 'public' | 'alias'): TLSSocket =>
    connect({
      host: '127.0.0.1',
      port: Number(new URL(origins[side]).port),
      ca: own.cert,
      ...(side === 'alias' && { key: theirs.key, cert: theirs.cert }),
    })

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.closeAllConnections()
    server.close(() => resolve())
  })
