import { afterAll, expect, test } from 'vitest'
import { answerOf, refusal } from './answers.ts'
import { bound, certificates, hopStage, more } from './hop-stage.ts'
import { clientCert } from './forwarding.ts'

const stage = await hopStage('client-cert')
afterAll(() => stage.close())
const { alice } = certificates

const ask = async (host: string, servername?: string) =>
  stage.send({
    certificate: alice,
    host,
    ...(servername !== undefined && { servername }),
    fields: await bound(stage, alice),
  })

test.for(['localhost', 'LOCALHOST', 'localhost:9543', 'localhost.', 'localhost.:443'])(
  'RFC9110-15.5.20 holds for Host %s',
  async (host) => expect((await ask(host, 'localhost')).status).toBe(200),
)

test.for(['rs.example', 'localhost.evil.example', 'evil-localhost', '127.0.0.1', '[::1]:443', ''])(
  'RFC9110-15.5.20 refuses Host %j',
  async (host) =>
    expect(answerOf(await ask(host, 'localhost'))).toEqual(
      refusal({ status: 421, challenges: [] }),
    ),
)

test('RFC9110-15.5.20 refuses two Host fields', async () => {
  const fields = [...(await bound(stage, alice)), ['Host', 'localhost'] as const]
  const twice = { certificate: alice, host: 'localhost', servername: 'localhost', fields }
  expect((await stage.send(twice)).status).toBe(421)
})

test('RFC9110-15.5.20 does not apply where the handshake had no name', async () => {
  expect((await ask('whatever.example')).status).toBe(200)
})

test('RFC9110-15.5.20 does not apply to a hop, which may know us by another name', async () => {
  const fields = [...(await bound(stage, alice)), ...clientCert(alice)]
  const behind = { certificate: more.hop, host: 'rs.example', servername: 'localhost', fields }
  expect((await stage.send(behind)).status).toBe(200)
})
