/** A certificate that is revoked while its connection is open is refused on the next request. */
import { Agent, request } from 'node:https'
import { openAuthority, revoke } from '@holdfast/ca'
import { connect } from '@holdfast/client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startPrivate } from '../src/attach.ts'
import { readConfiguration } from '../src/configuration.ts'

type PrivateLab = Awaited<ReturnType<typeof startPrivate>>
let lab: PrivateLab

beforeAll(async () => {
  lab = await startPrivate(readConfiguration())
})
afterAll(() => lab.close())

/** One connection with the client's certificate, kept open. */
async function connection(id: string) {
  const { certificate, trust } = await lab.material(id)
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 1,
    ca: trust,
    cert: certificate?.chain,
    key: certificate?.key,
  })
  const send = (url: string, options: { method?: string; headers?: object; body?: string }) =>
    new Promise<{ status: number | undefined; body: Record<string, unknown>; reused: boolean }>(
      (resolve, reject) => {
        const { method = 'GET', headers, body } = options
        const outgoing = request(url, { agent, method, headers: { ...headers } }, (incoming) => {
          let text = ''
          incoming.setEncoding('utf8')
          incoming.on('data', (chunk: string) => (text += chunk))
          incoming.on('end', () =>
            resolve({
              status: incoming.statusCode,
              body: JSON.parse(text),
              reused: outgoing.reusedSocket,
            }),
          )
        })
        outgoing.on('error', reject)
        outgoing.end(body)
      },
    )
  return { send, close: () => agent.destroy() }
}

const tokenRequest = (id: string, resource: string) => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: id,
    scope: 'accounts',
    resource,
  }).toString(),
})

test('at the authorization server', async () => {
  const id = 'tls-client-auth-mtls'
  const { send, close } = await connection(id)
  const ask = () =>
    send(`${lab.addresses.mtlsAlias}/token`, tokenRequest(id, lab.addresses.resource))
  expect((await ask()).status).toBe(200)
  expect(await ask()).toMatchObject({ status: 200, reused: true })

  await revoke(await openAuthority(lab.folders.certs), id, 'keyCompromise')

  const refused = await vi.waitFor(
    async () => {
      const answer = await ask()
      expect(answer.status).toBe(401)
      return answer
    },
    { timeout: 5_000, interval: 100 },
  )
  expect(refused).toMatchObject({ body: { error: 'invalid_client' }, reused: true })
  close()
})

test('at the resource server, where trust is pki; where it is thumbprint, the token is what counts', async () => {
  const id = 'private-key-jwt-mtls'
  const { resource } = lab.addresses
  const client = await connect(await lab.material(id))
  const { access_token: token } = await client.clientCredentials({ scope: 'accounts', resource })
  await client.close()
  const { send, close } = await connection(id)
  const headers = { authorization: `Bearer ${token}` }
  const ask = (path: string) => send(`${resource}${path}`, { headers })
  expect((await ask('/pki/accounts')).status).toBe(200)

  await revoke(await openAuthority(lab.folders.certs), id, 'keyCompromise')

  expect(await ask('/pki/accounts')).toMatchObject({
    status: 401,
    body: { error: 'invalid_token', error_description: expect.stringMatching(/^RFC5280-6\.1: /) },
    reused: true,
  })
  expect(await ask('/accounts')).toMatchObject({ status: 200, reused: true })
  close()
})
