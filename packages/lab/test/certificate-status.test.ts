/** A lab that has never had a list of what is revoked: nothing is said of any certificate. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type CertificateValidation,
  certificateValidation,
  subjectMatches,
} from '@holdfast/ca/validation'
import { openConnection } from '@holdfast/client'
import { ReplayMemoryInProcess } from '@holdfast/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPrivate } from '../src/attach.ts'
import { readConfiguration } from '../src/configuration.ts'
import { statementIssuer } from '../src/clients/software-statements.ts'
import { makeAuthorizationServer } from '../src/servers/authorization-server.ts'
import { readIntrospector } from '../src/servers/prepare.ts'
import { makeResourceServer } from '../src/servers/resource-server.ts'

let lab: Awaited<ReturnType<typeof startPrivate>>
let validation: CertificateValidation
beforeAll(async () => {
  lab = await startPrivate(readConfiguration())
  validation = certificateValidation({
    roots: await readFile(join(lab.folders.certs, 'root.certificate.pem'), 'utf8'),
    status: [join(lab.folders.certs, 'was-never-there.pem')],
  })
})
afterAll(async () => {
  validation.close()
  await lab.close()
})

async function tokenByCertificate(client: string) {
  const connection = openConnection(await lab.material(client))
  try {
    const answer = await connection.fetch(`${lab.addresses.mtlsAlias}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: client,
        scope: 'accounts',
        resource: lab.addresses.resource,
      }),
    })
    const { error }: { error?: string } = JSON.parse(await answer.text())
    return [answer.status, error, answer.headers.get('retry-after')]
  } finally {
    await connection.close()
  }
}

test('RFC8705-2.1: tls_client_auth is told to come again, RFC8705-2.2 needs no list', async () => {
  await lab.experimentWithIssuer({
    certificates: {
      validate: (certificate) => validation.validate(certificate, [], 'client'),
      subjectMatches,
    },
  })
  const unavailable = [503, 'temporarily_unavailable', '5']
  expect(await tokenByCertificate('tls-client-auth-mtls')).toEqual(unavailable)
  expect(await tokenByCertificate('self-signed-mtls')).toEqual([200, undefined, null])

  await lab.experimentWithIssuer()
  expect(await tokenByCertificate('tls-client-auth-mtls')).toEqual([200, undefined, null])
})

test('neither server is ready', async () => {
  const { addresses, keyStore, folders } = lab
  const memory = new ReplayMemoryInProcess()
  const issuer = await makeAuthorizationServer({
    addresses,
    keyStore,
    memory,
    validation,
    trust: await readFile(join(folders.certs, 'root.certificate.pem'), 'utf8'),
    statementIssuer: await statementIssuer(folders.state),
  })
  const introspector = await readIntrospector({ ...readConfiguration(), ...folders })
  const api = makeResourceServer(
    { resource: addresses.resource, introspector, validation },
    { memory },
  )
  for (const server of [issuer, api])
    await expect(server.ready()).rejects.toThrow('was-never-there.pem')
  issuer.close()
  await api.close()
})
