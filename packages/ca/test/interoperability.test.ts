/** What others say about our certificates: OpenSSL, node-forge, Python. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { X509Certificate } from 'node:crypto'
import { createServer } from 'node:tls'
import forge from 'node-forge'
import { describe, expect, it } from 'vitest'
import { type KeyType, openAuthority } from '../src/index.ts'
import { newFolder, openssl, verify, verifyClient } from './lab.ts'

const KEY_TYPES: KeyType[] = ['EC-P256', 'EC-P384', 'RSA-2048', 'RSA-3072', 'Ed25519']
const SUBJECT = 'CN=JohnDoe,OU=IT'

describe.each(KEY_TYPES)('certificates with %s keys', async (keyType) => {
  const authority = await openAuthority(newFolder(), { keyType })
  const server = await authority.server('localhost')
  const client = await authority.client('john', { subject: SUBJECT, dns: ['john.example'] })
  const selfSigned = await authority.selfSigned('solo', { subject: 'CN=solo' })
  const all = [authority.root, authority.issuing, server, client, selfSigned].map((item) =>
    typeof item === 'string' ? item : item.certificate,
  )

  it('are accepted by openssl verify -x509_strict for their purpose and no other', () => {
    const { trust } = authority
    expect(verify({ trust, chain: server.chain, purpose: 'sslserver' }).output).toContain('OK')
    expect(verifyClient(authority, client.chain).output).toContain('OK')
    expect(verify({ trust, chain: server.chain, purpose: 'sslclient' }).ok).toBe(false)
    expect(verify({ trust, chain: client.chain, purpose: 'sslserver' }).ok).toBe(false)
    const alone = { trust: selfSigned.certificate, chain: selfSigned.chain }
    expect(verify({ ...alone, purpose: 'sslclient' }).output).toContain('OK')
    expect(verifyClient(authority, selfSigned.chain).ok).toBe(false)
  })

  it.each(['localhost', '127.0.0.1', '::1'])('of servers are good for %s', (host) => {
    const option = host === 'localhost' ? '-verify_hostname' : '-verify_ip'
    const question = { trust: authority.trust, chain: server.chain, purpose: 'sslserver' } as const
    expect(verify(question, [option, host]).output).toContain('OK')
  })

  it('have the thumbprint that openssl computes', () => {
    const { output } = openssl(['x509', '-noout', '-fingerprint', '-sha256'], client.certificate)
    expect(output.trim().split('=')[1]).toBe(new X509Certificate(client.certificate).fingerprint256)
  })

  it('have distinct positive serial numbers and state their usages with the right criticality', () => {
    const texts = all.map((pem) => openssl(['x509', '-noout', '-text'], pem).output)
    for (const text of texts) {
      expect(text).toMatch(/Basic Constraints: critical/)
      expect(text).toMatch(/Key Usage: critical/)
      expect(text).toMatch(/Subject Key Identifier: \n/)
      expect(text).toMatch(/Authority Key Identifier: \n/)
      expect(text).not.toContain('(Negative)')
    }
    expect(texts[0]).toContain('CA:TRUE, pathlen:1')
    expect(texts[1]).toContain('CA:TRUE, pathlen:0')
    expect(new Set(all.map((pem) => new X509Certificate(pem).serialNumber)).size).toBe(all.length)
  })

  it.skipIf(!keyType.startsWith('RSA'))('are read and verified by node-forge', () => {
    const [leaf, issuing] = [client.certificate, authority.issuing].map((pem) =>
      forge.pki.certificateFromPem(pem),
    )
    const store = forge.pki.createCaStore([authority.root])
    if (!leaf || !issuing) throw new Error('unread')
    // forge knows no extKeyUsage on a client; it checks names, dates, signatures and CA usages.
    expect(forge.pki.verifyCertificateChain(store, [leaf, issuing])).toBe(true)
  })

  it('let a strict Python client in, with a certificate of its own', async (context) => {
    if (spawnSync('python3', ['--version']).status !== 0) context.skip('python3 is missing')
    const tls = { cert: server.chain, key: server.key, ca: authority.trust }
    const listener = createServer(
      { ...tls, requestCert: true, rejectUnauthorized: true },
      (socket) => {
        socket.end(socket.getPeerX509Certificate()?.fingerprint256 ?? 'none')
      },
    )
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const address = listener.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const { files } = client
    const python = spawn('python3', ['-c', PYTHON, String(port), files.chain, files.key])
    python.stdin.end(authority.trust)
    const output =
      (await python.stdout.toArray()).join('') + (await python.stderr.toArray()).join('')
    listener.close()
    expect(output).toBe(new X509Certificate(client.certificate).fingerprint256)
  })
})

const PYTHON = `
import socket, ssl, sys
port, chain, key = int(sys.argv[1]), sys.argv[2], sys.argv[3]
context = ssl.create_default_context(cadata=sys.stdin.read())
context.verify_flags |= ssl.VERIFY_X509_STRICT
context.load_cert_chain(chain, key)
for name in ("localhost", "127.0.0.1"):
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname=name) as s:
        answer = s.recv(1000).decode()
sys.stdout.write(answer)
`
