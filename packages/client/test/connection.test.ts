import { createServer, type ServerOptions } from 'node:https'
import { connect as connectTls } from 'node:tls'

import { afterEach, expect, it } from 'vitest'

import { certificateThumbprint, openConnection } from '../src/index.ts'
import { makePki } from './fixtures/certificates.ts'
import { listening } from './fixtures/listening.ts'
import { startMiniServer } from './fixtures/mini-server.ts'

const pki = makePki()
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const server = async () => {
  const started = await startMiniServer(pki)
  closing.push(started.close)
  return started
}

const connection = (material: Parameters<typeof openConnection>[0]) => {
  const opened = openConnection(material)
  closing.push(opened.close)
  return opened
}

it('offers its certificate where it is asked for, and only there', async () => {
  const { issuer, alias, to } = await server()
  const { fetch } = connection({ trust: pki.root, certificate: pki.client })
  for (const base of [issuer, alias]) await (await fetch(`${base}/x`)).text()
  expect(to('/x').map(({ certificate }) => certificate)).toEqual([
    undefined,
    certificateThumbprint(pki.client.chain),
  ])
})

it('offers none without one', async () => {
  const { alias, to } = await server()
  await (await connection({ trust: pki.root }).fetch(`${alias}/x`)).text()
  expect(to('/x')[0]?.certificate).toBeUndefined()
})

it('refuses a server whose certificate leads to another root', async () => {
  const { issuer, requests } = await server()
  const { fetch } = connection({ trust: makePki().root })
  await expect(fetch(`${issuer}/x`)).rejects.toThrow(TypeError)
  expect(requests).toEqual([])
})

it('does not follow a redirect', async () => {
  const { issuer, edits, to } = await server()
  edits.accounts = (response) => response.writeHead(302, { location: '/elsewhere' }).end()
  const { fetch } = connection({ trust: pki.root })
  expect((await fetch(`${issuer}/accounts`)).status).toBe(302)
  expect(to('/elsewhere')).toEqual([])
})

/** Listens with the given TLS and returns its port. */
const serverWith = async (options: ServerOptions) => {
  const https = createServer({ cert: pki.server.chain, key: pki.server.key, ...options })
  https.on('request', (_, response) => response.end('hello'))
  closing.push(() => https.close())
  return listening(https)
}

const call = async (port: number) => {
  const response = await connection({ trust: pki.root }).fetch(`https://localhost:${port}/`)
  return response.text()
}

/** A client that takes any TLS: shows that the server could be reached. */
const protocolOf = (port: number) =>
  new Promise((resolve, reject) => {
    const lax = { ca: pki.root, minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' } as const
    const socket = connectTls({ host: 'localhost', port, ...lax }, () => {
      resolve(socket.getProtocol())
      socket.destroy()
    }).on('error', reject)
  })

it('FAPI2-SP-5.2 holds for TLS 1.3, and for TLS 1.2 with a suite of BCP 195', async () => {
  expect(await call(await serverWith({ minVersion: 'TLSv1.3' }))).toBe('hello')
  const ciphers = 'ECDHE-ECDSA-AES128-GCM-SHA256'
  expect(await call(await serverWith({ maxVersion: 'TLSv1.2', ciphers }))).toBe('hello')
})

it.each([
  ['TLSv1.2', 'ECDHE-ECDSA-AES128-SHA256'], // CBC, which RFC 9325 does not recommend
  ['TLSv1.1', 'ALL:@SECLEVEL=0'],
] as const)('FAPI2-SP-5.2 refuses %s with %s', async (version, ciphers) => {
  const port = await serverWith({ minVersion: 'TLSv1', maxVersion: version, ciphers })
  expect(await protocolOf(port)).toBe(version)
  await expect(call(port)).rejects.toThrow(TypeError)
})
