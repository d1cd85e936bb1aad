import { spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  type Authority,
  currentCrl,
  KEY_TYPES,
  type KeyType,
  openAuthority,
  revoke,
  statusListener,
} from '../src/index.ts'
import { newFolder, openssl } from './lab.ts'

const JOHN = { subject: 'CN=JohnDoe,OU=IT' }
const servers: { close(): void; closeAllConnections(): void }[] = []
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

/** The listener is reached at the address that the certificates name, as in the lab. */
async function serve(keyType: KeyType = 'EC-P256') {
  const folder = newFolder()
  const server = createServer((request, response) => listener?.(request, response))
  let listener: ReturnType<typeof statusListener> | undefined
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const authority = await openAuthority(folder, { keyType, statusUrl: `${url}/` })
  listener = statusListener(authority)
  return { authority, folder, url }
}

function write(folder: string, name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** Beside the event loop, which must answer meanwhile. */
async function ask(args: readonly string[]): Promise<string> {
  const child = spawn('openssl', ['ocsp', ...args])
  const [out, err] = await Promise.all([child.stdout.toArray(), child.stderr.toArray()])
  return Buffer.concat([...out, ...err]).toString()
}

function question({ root, issuing }: Authority, certificate: string, folder = newFolder()) {
  return [
    ['-issuer', write(folder, 'issuing.pem', issuing)],
    ['-CAfile', write(folder, 'root.pem', root)],
    ['-cert', write(folder, 'leaf.pem', certificate)],
  ].flat()
}

describe.each(KEY_TYPES)('RFC6960 answers signed with a %s key', async (keyType) => {
  const { authority, url } = await serve(keyType)
  const { certificate } = await authority.client('john', JOHN)

  it('are good, then revoked with reason, in the eyes of openssl ocsp, nonce and chain checked', async () => {
    const args = [...question(authority, certificate), '-url', `${url}/ocsp`]
    const before = await ask(args)
    expect(before).toContain('Response verify OK')
    expect(before).toContain('leaf.pem: good')
    expect(before).not.toContain('WARNING')
    await revoke(authority, certificate, 'superseded')
    const after = await ask(['-sha256', ...args])
    expect(after).toContain('Response verify OK')
    expect(after).toMatch(/leaf.pem: revoked[\s\S]*Reason: superseded/)
  })
})

describe('RFC6960', async () => {
  const { authority, folder, url } = await serve()
  const { certificate } = await authority.client('john', JOHN)
  const ocspUrl = `${url}/ocsp`

  it('§2.2: a serial number that was never issued is unknown, not good', async () => {
    const other = await openAuthority(newFolder())
    const foreign = await other.client('john', JOHN)
    const serial = `0x${new X509Certificate(foreign.certificate).serialNumber}`
    const [, issuer = '', , root = ''] = question(authority, certificate)
    const answer = await ask([
      '-issuer',
      issuer,
      '-CAfile',
      root,
      '-serial',
      serial,
      '-url',
      ocspUrl,
    ])
    expect(answer).toContain('Response verify OK')
    expect(answer).toContain(': unknown')
  })

  it('RFC5019-2.2.3: of another CA it answers unauthorized', async () => {
    const other = await openAuthority(newFolder())
    const foreign = await other.client('john', JOHN)
    const answer = await ask([...question(other, foreign.certificate), '-url', ocspUrl])
    expect(answer).toContain('unauthorized (6)')
  })

  it('§A.1: answers GET as well as POST', async () => {
    const request = join(newFolder(), 'request.der')
    await ask([...question(authority, certificate), '-reqout', request])
    const der = readFileSync(request)
    const get = (path: string) => fetch(`${ocspUrl}/${path}`)
    const response = await get(encodeURIComponent(der.toString('base64')))
    expect(response.headers.get('content-type')).toBe('application/ocsp-response')
    const answer = write(newFolder(), 'answer.der', Buffer.from(await response.arrayBuffer()))
    const read = openssl(['ocsp', '-respin', answer, '-noverify', '-resp_text']).output
    expect(read).toContain('Cert Status: good')
    expect(read).toContain('OCSP Nonce')
  })

  it.each([
    ['garbage', Buffer.from('garbage')],
    ['nothing', Buffer.alloc(0)],
    ['no certificate', Buffer.from('30043002 3000'.replaceAll(' ', ''), 'hex')],
  ])('malformedRequest is the answer to %s', async (_, body) => {
    const response = await fetch(ocspUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/ocsp-request' },
      body,
    })
    expect(response.status).toBe(200)
    expect(Buffer.from(await response.arrayBuffer()).toString('hex')).toBe('30030a0101')
  })

  it.each([
    ['GET', '/', {}, 404],
    ['GET', '/crl/nobody.crl', {}, 404],
    ['GET', '/crl/..%2froot.crl', {}, 404],
    ['GET', '/crl/root.cer', {}, 404],
    ['GET', '/ca/root.key.pem', {}, 404],
    ['GET', '/root.key.pem', {}, 404],
    ['POST', '/crl/root.crl', {}, 405],
    ['GET', '/ocsp', {}, 405],
    ['PUT', '/ocsp', {}, 405],
    ['POST', '/ocsp', { 'content-type': 'text/plain' }, 415],
  ])('%s %s with %j is %i', async (method, path, headers, status) => {
    expect((await fetch(url + path, { method, headers })).status).toBe(status)
  })

  it('a body of many bytes is refused and not read to its end', async () => {
    const headers = { 'content-type': 'application/ocsp-request' }
    const body = Buffer.alloc(100_000)
    const status = await fetch(ocspUrl, { method: 'POST', headers, body }).then(
      (response) => response.status,
      () => 413, // the connection was closed while we wrote
    )
    expect(status).toBe(413)
  })

  it('lists, CA certificates and the status file are served, and 304 is said of what has not changed', async () => {
    const { der } = await currentCrl(authority.context, 'issuing')
    for (const [path, type, bytes] of [
      ['/crl/issuing.crl', 'application/pkix-crl', der],
      ['/ca/issuing.cer', 'application/pkix-cert', new X509Certificate(authority.issuing).raw],
      ['/ca/root.cer', 'application/pkix-cert', new X509Certificate(authority.root).raw],
      ['/status.pem', 'application/x-pem-file', undefined],
    ] as const) {
      const response = await fetch(url + path)
      expect(response.headers.get('content-type')).toBe(type)
      const body = Buffer.from(await response.arrayBuffer())
      expect(bytes?.equals(body)).not.toBe(false)
      const etag = response.headers.get('etag') ?? ''
      const again = await fetch(url + path, { headers: { 'if-none-match': etag } })
      expect(again.status).toBe(304)
    }
    expect((await fetch(`${url}/crl/issuing.crl`, { method: 'HEAD' })).status).toBe(200)
  })

  it('certificates name these addresses; the root names none', () => {
    const text = (pem: string) => openssl(['x509', '-noout', '-text'], pem).output
    expect(text(certificate)).toContain(`URI:${url}/crl/issuing.crl`)
    expect(text(certificate)).toContain(`OCSP - URI:${url}/ocsp`)
    expect(text(certificate)).toContain(`CA Issuers - URI:${url}/ca/issuing.cer`)
    expect(text(authority.issuing)).toContain(`URI:${url}/crl/root.crl`)
    expect(text(authority.issuing)).not.toContain('OCSP')
    expect(text(authority.root)).not.toContain('URI')
  })

  it('another address makes new certificates with the same keys, none keeps them', async () => {
    const before = await authority.client('john', JOHN)
    const silent = await openAuthority(folder)
    expect((await silent.client('john', JOHN)).certificate).toBe(before.certificate)
    const moved = await openAuthority(folder, { statusUrl: 'http://localhost:9081' })
    const after = await moved.client('john', JOHN)
    expect(after.certificate).not.toBe(before.certificate)
    expect(after.key).toBe(before.key)
  })

  it('a list that cannot be made is 503 with Retry-After, and names no file', async () => {
    const alone = await serve()
    rmSync(join(alone.folder, 'root.key.pem'))
    const response = await fetch(`${alone.url}/crl/root.crl`)
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await response.text()).toBe('')
  })
})
