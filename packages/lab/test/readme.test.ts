/** The API of the README, as it stands there, beside a lab: only addresses and folders are others. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { connect } from '@holdfast/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPrivate } from '../src/attach.ts'
import { readConfiguration } from '../src/configuration.ts'
import { ROOT, until } from './program.ts'

const [, code = ''] =
  /^## Your own API.*?^```ts\n(.*?)^```/ms.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? []

let lab: Awaited<ReturnType<typeof startPrivate>>
let api: ChildProcess
let url: string
let said = ''

async function freePort(): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  return String(typeof address === 'object' && address?.port)
}

const OURS: readonly (readonly [string, (port: string) => string])[] = [
  ['https://localhost:9443', () => lab.addresses.issuer],
  ['https://localhost:9543', () => lab.addresses.resource],
  ['https://localhost:3000', (port) => `https://localhost:${port}`],
  ['listen(3000)', (port) => `listen(${port})`],
  ['`certs/', () => `\`${lab.folders.certs}/`],
]

beforeAll(async () => {
  lab = await startPrivate(readConfiguration({ ephemeral: true }))
  const port = await freePort()
  url = `https://localhost:${port}/`
  const here = OURS.reduce((text, [theirs, ours]) => text.replaceAll(theirs, ours(port)), code)
  api = spawn(process.execPath, ['--input-type=module-typescript', '--eval', here], {
    cwd: join(ROOT, 'packages/lab'),
    env: { ...process.env, NODE_EXTRA_CA_CERTS: join(lab.folders.certs, 'root.certificate.pem') },
  })
  api.stderr?.on('data', (text: Buffer) => (said += text.toString()))
})
afterAll(async () => {
  api.kill()
  await lab.close()
})

test.for(OURS)('the README has %s', ([theirs]) => {
  expect(code).toContain(theirs)
})

test.for(['private-key-jwt-dpop', 'tls-client-auth-mtls'])('it serves %s', async (id) => {
  const client = await connect(await lab.material(id))
  const { resource } = lab.addresses
  const tokens = await client.clientCredentials({ scope: 'accounts', resource })
  await until(() => {
    if (said !== '') throw new Error(said)
    return client.call(tokens, 'GET', url).then(
      () => true,
      () => false, // not listening yet
    )
  })
  const answer = await client.call(tokens, 'GET', url)
  expect([answer.status, await answer.json()]).toEqual([200, { owner: id }])

  const other = await client.clientCredentials({ scope: 'payments', resource })
  expect((await client.call(other, 'GET', url)).status).toBe(403)
  await client.close()
})

test('and nobody without a token', async () => {
  const client = await connect(await lab.material('private-key-jwt-dpop'))
  expect((await client.fetch(url)).status).toBe(401)
  await client.close()
})
