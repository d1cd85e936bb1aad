/**
 * A certificate revoked while its connection is open: the next request on it is refused. Node 24
 * shows a server the leaf only, not what was sent with it; the issuing CA is known from `status.pem`.
 */
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:https'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { expect, it } from 'vitest'
import { openAuthority, publishStatus, revoke, STATUS_FILE } from '../../src/index.ts'
import { certificateValidation } from '../../src/validation.ts'
import { newFolder } from '../lab.ts'

it.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'over %s, kept alive and resumed alike, from the next request on',
  async (version) => {
    const folder = newFolder()
    const authority = await openAuthority(folder)
    const [server, john] = [
      await authority.server('localhost'),
      await authority.client('john', { subject: 'CN=john' }),
    ]
    await publishStatus(authority.context)
    const validation = certificateValidation({
      roots: authority.trust,
      status: [join(folder, STATUS_FILE)],
    })
    const listener = createServer(
      {
        cert: server.chain,
        key: server.key,
        ca: authority.trust,
        requestCert: true,
        rejectUnauthorized: false,
        minVersion: version,
        maxVersion: version,
      },
      (incoming, response) => {
        const { socket } = incoming
        const leaf = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
        // OpenSSL has judged the path as well: at the handshake, once.
        const authorized = socket instanceof TLSSocket && socket.authorized
        const verdict = leaf && validation.validate(leaf, [], 'client')
        const resumed = socket instanceof TLSSocket && socket.isSessionReused()
        response.end(JSON.stringify({ authorized, verdict, resumed, port: socket.remotePort }))
      },
    )
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const address = listener.address()
    const port = typeof address === 'object' ? address?.port : 0
    const tls = { cert: john.chain, key: john.key, ca: authority.trust, servername: 'localhost' }
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ...tls })
    const ask = async (): Promise<Record<string, unknown>> => {
      const asked = request({ host: '127.0.0.1', port, agent }).end()
      const [response] = await once(asked, 'response')
      const text = (await response.toArray()).join('')
      return JSON.parse(text)
    }
    const first = await ask()
    expect(first).toMatchObject({ verdict: { ok: true }, resumed: false })
    expect(await ask()).toMatchObject({ verdict: { ok: true }, port: first['port'] })
    agent.destroy()
    const resumed = await ask()
    expect(resumed).toMatchObject({ verdict: { ok: true }, resumed: true })
    await revoke(authority, 'john')
    expect(await ask()).toMatchObject({
      verdict: { ok: false, clause: 'RFC5280-6.1.3-a3' },
      port: resumed['port'],
    })
    agent.destroy()
    const refused = { ok: false, clause: 'RFC5280-6.1.3-a3' }
    // Of which Node's own word knows nothing:
    expect(await ask()).toMatchObject({ verdict: refused, authorized: true, resumed: true })
    agent.destroy()
    listener.close()
    validation.close()
  },
)
