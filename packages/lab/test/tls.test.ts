/** What each of the lab's secure doors takes and refuses in a TLS handshake. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPrivate } from '../src/attach.ts'
import { readConfiguration } from '../src/configuration.ts'

type PrivateLab = Awaited<ReturnType<typeof startPrivate>>
let lab: PrivateLab
let root: string
beforeAll(async () => {
  lab = await startPrivate(readConfiguration())
  root = await readFile(join(lab.folders.certs, 'root.certificate.pem'), 'utf8')
})
afterAll(() => lab.close())

/** A client that would take anything: what is refused, the server has refused. */
const LAX = { ciphers: 'ALL:@SECLEVEL=0', minVersion: 'TLSv1' } as const

const DOORS = ['issuer', 'mtlsAlias', 'resource'] as const
type DoorName = (typeof DOORS)[number]

async function shake(door: DoorName, options: ConnectionOptions): Promise<TLSSocket> {
  const { hostname: host, port } = new URL(lab.addresses[door])
  const socket = connect({ host, port: Number(port), ca: root, servername: host, ...options })
  await once(socket, 'secureConnect')
  return socket
}

async function spoken(door: DoorName, options: ConnectionOptions) {
  const socket = await shake(door, options)
  const said = [socket.getProtocol(), socket.getCipher().name]
  socket.destroy()
  return said
}

const OLD_AEAD = ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384']

const REFUSED: readonly (readonly [what: string, options: ConnectionOptions])[] = [
  ['TLS 1.0', { ...LAX, maxVersion: 'TLSv1' }],
  ['TLS 1.1', { ...LAX, maxVersion: 'TLSv1.1' }],
  ['CBC', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0' }],
  ['a key that is not ephemeral', { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }],
  ['a suite of TLS 1.3 that is not of the profile', { ciphers: 'TLS_AES_128_CCM_SHA256' }],
]
// The server's own word: there is nothing that this client would not have taken.
const ALERT = /^ERR_SSL_(TLSV1_ALERT_PROTOCOL_VERSION|(SSL\/TLS|SSLV3)_ALERT_HANDSHAKE_FAILURE)$/

describe.for(DOORS)('%s', (door) => {
  test('FAPI2SP-5.2.1 holds for TLS 1.3, and for 1.2 with AEAD', async () => {
    const [version, suite] = await spoken(door, LAX)
    expect(version).toBe('TLSv1.3')
    expect(suite).toMatch(/^TLS_(AES|CHACHA20)_/)
    for (const ciphers of OLD_AEAD)
      expect(await spoken(door, { maxVersion: 'TLSv1.2', ciphers })).toEqual(['TLSv1.2', ciphers])
  })

  test.for(REFUSED)('FAPI2SP-5.2.1 refuses %s', async ([, options]) => {
    const refused: unknown = await shake(door, options).catch((error: unknown) => error)
    expect(Object(refused).code).toMatch(ALERT)
  })

  // Who resumes a session proves to know its secret, and no longer the key of a certificate.
  test.for(['TLSv1.2', 'TLSv1.3'] as const)('no session of %s is resumed', async (version) => {
    const versions = { minVersion: version, maxVersion: version }
    const first = await shake(door, versions)
    let session: Buffer | undefined = first.getSession()
    first.on('session', (later: Buffer) => (session = later)) // of TLS 1.3, after the handshake
    first.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    first.resume()
    await once(first, 'close')
    const second = await shake(door, { ...versions, ...(session && { session }) })
    expect([session !== undefined, second.isSessionReused()]).toEqual([true, false])
    second.destroy()
  })
})

// RFC8446-4.2.4: to one that names authorities, clients in Go or Java show no certificate that is
// self-signed, and self_signed_tls_client_auth does not work with them.
test.for(DOORS)('%s names no authorities whose certificates it wants', async (door) => {
  const line = `openssl s_client -connect ${new URL(lab.addresses[door]).host} </dev/null 2>&1`
  const { stdout } = await promisify(execFile)('sh', ['-c', line])
  expect(stdout).toContain('No client certificate CA names sent')
})
