/** Certificates through a hop that we know: each format, on real sockets. */
import { X509Certificate } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import type { CertificateStatus, HopFormat } from '../src/index.ts'
import { bound, certificates, hopStage, more } from './hop-stage.ts'
import { clientCert, element, WRITTEN } from './forwarding.ts'
import { dpopFields, raise } from './stage.ts'

const { alice, selfSigned } = certificates
const { hop, selfMadeHop, rsa, chained, intermediate } = more
const FORMATS = ['client-cert', 'xfcc', 'nginx'] as const satisfies readonly HopFormat[]

describe.for(FORMATS)('%s', async (format) => {
  const asked: { leaf: string; above: readonly string[] }[] = []
  const certificateStatus: CertificateStatus = (leaf, above) => {
    asked.push({ leaf: leaf.subject, above: above.map(({ subject }) => subject) })
    return { ok: true }
  }
  const stage = await hopStage(format, { certificateTrust: 'pki', certificateStatus })
  afterAll(() => stage.close())
  const send = async (pair: typeof alice, fields: readonly (readonly [string, string])[]) =>
    stage.send({ certificate: hop, fields: [...(await bound(stage, pair)), ...fields] })

  test.for([
    ['an EC certificate', alice],
    ['an RSA certificate', rsa],
    ['a self-signed certificate', selfSigned],
    ['the certificate of an intermediate CA, which is not sent', chained],
  ] as const)('%s is accepted', async ([, pair]) => {
    for (let round = 0; round < 2; round += 1)
      // the second is from memory
      expect((await send(pair, WRITTEN[format](pair))).status).toBe(200)
    expect(asked.at(-1)).toEqual({ leaf: new X509Certificate(pair.cert).subject, above: [] })
  })

  test.runIf(format !== 'nginx')('one with its intermediate is accepted', async () => {
    expect((await send(chained, WRITTEN[format](chained, intermediate))).status).toBe(200)
    expect(asked.at(-1)).toEqual({ leaf: 'CN=chained', above: ['CN=intermediate'] })
  })

  test('each request of one connection has the certificate of its own client', async () => {
    expect((await send(alice, WRITTEN[format](alice))).status).toBe(200)
    const another = await send(alice, WRITTEN[format](rsa))
    expect([another.status, another.body['error']]).toEqual([401, 'invalid_token'])
    expect((await send(rsa, WRITTEN[format](rsa))).status).toBe(200)
  })

  test('without the field there is no certificate, and the hop’s own is not the client’s', async () => {
    for (const pair of [alice, hop]) {
      const answer = await send(pair, [])
      expect(answer.status).toBe(401)
      expect(answer.challenges[0]).toContain('RFC8705-3: ')
    }
  })

  test('a DPoP client may come through as well, with a certificate or without', async () => {
    for (const fields of [[], WRITTEN[format](alice)]) {
      const honest = await stage.honest()
      const all = [...(honest.fields ?? []), ...fields]
      expect((await stage.send({ ...honest, certificate: hop, fields: all })).status).toBe(200)
    }
  })

  test('the fields of other formats are not looked at', async () => {
    for (const other of FORMATS.filter((one) => one !== format)) {
      const fields = [...WRITTEN[format](alice), ...WRITTEN[other](rsa)]
      expect((await send(alice, fields)).status).toBe(200)
      expect((await send(rsa, fields)).status).toBe(401)
    }
  })

  test('who is no hop is a client: its fields are refused', async () => {
    for (const certificate of [alice, selfMadeHop, undefined]) {
      const fields = [...(await bound(stage, alice)), ...WRITTEN[format](alice)]
      const answer = await stage.send({ ...(certificate && { certificate }), fields })
      expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request'])
      expect(answer.challenges.every((line) => line.includes('RFC9440-4: '))).toBe(true)
    }
  })

  test('a hop whose certificate has ended is none, also on a connection that is open', async () => {
    const { now } = stage.clock
    expect((await send(alice, WRITTEN[format](alice))).status).toBe(200)
    for (const time of [now + 31 * 86_400_000, now - 86_400_000]) {
      stage.clock.now = time
      const answer = await send(alice, WRITTEN[format](alice))
      stage.clock.now = now
      expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request'])
    }
  })

  test('a client without a hop is served on the same server', async () => {
    expect(
      (await stage.send({ certificate: alice, fields: await bound(stage, alice) })).status,
    ).toBe(200)
    expect((await stage.send(await stage.honest())).status).toBe(200)
  })

  test('the server coped', () => expect(stage.errors).toEqual([]))
})

test.for([true, 1, 'yes', {}, Promise.resolve(true)])(
  'isHop answers %o: only true counts',
  async (answer) => {
    // What TypeScript would not let through is tried as well: not everybody has it.
    const route = JSON.parse('{"hops":{"format":"client-cert"}}')
    route.hops.isHop = () => answer
    const stage = await raise({ certificates, route })
    const fields = [...(await bound(stage, alice)), ...clientCert(alice)]
    expect((await stage.send({ certificate: hop, fields })).status).toBe(
      answer === true ? 200 : 400,
    )
    await stage.close()
  },
)

test.for([
  ['its own ca says so', hop, undefined, 200],
  ['vouched says so, whatever its ca does', selfMadeHop, (): boolean => true, 200],
  ['vouched says no, whatever its ca does', hop, (): boolean => false, 400],
  ['vouched says something else', hop, (): boolean => Object('yes'), 400],
  ['neither does', selfMadeHop, undefined, 400],
] as const)('a server believes a hop: %s', async ([, certificate, vouched, status]) => {
  const isHop = ({ subject }: X509Certificate) => subject === 'CN=hop.example'
  const hops = { isHop, format: 'client-cert', ...(vouched && { vouched }) } as const
  const stage = await raise({ certificates, route: { hops } })
  const fields = [...(await bound(stage, alice)), ...clientCert(alice)]
  expect((await stage.send({ certificate, fields })).status).toBe(status)
  await stage.close()
})

test('only the last element of XFCC counts: our hop has appended it', async () => {
  const stage = await hopStage('xfcc')
  const through = async (before: string) => {
    const value = `${before},${element(alice)}`
    const fields = [...(await bound(stage, alice)), ['X-Forwarded-Client-Cert', value] as const]
    return (await stage.send({ certificate: hop, fields })).status
  }
  expect(await through(element(rsa))).toBe(200)
  expect(await through(`Hash=1;Cert="nonsense"`)).toBe(200)
  const fields = [
    ...(await bound(stage, rsa)),
    ['X-Forwarded-Client-Cert', `${element(rsa)},${element(alice)}`] as const,
  ]
  expect((await stage.send({ certificate: hop, fields })).status).toBe(401)
  await stage.close()
})

test('URI and DNS behind the certificate are no harm', async () => {
  const stage = await hopStage('xfcc')
  const names = 'URI=spiffe://a/b;URI=;DNS=a.example;DNS=b.example'
  const value = `Cert="",${element(alice)};${names}`
  const fields = [...(await bound(stage, alice)), ['X-Forwarded-Client-Cert', value] as const]
  expect((await stage.send({ certificate: hop, fields })).status).toBe(200)
  await stage.close()
})

test('a stray certificate with a DPoP-bound token: nobody is asked about it', async () => {
  const asked: string[] = []
  const stage = await hopStage('client-cert', {
    certificateTrust: 'pki',
    certificateStatus: ({ subject }) => {
      asked.push(subject)
      return { ok: true }
    },
  })
  const token = await stage.token()
  const fields = [...dpopFields(token, await stage.proof({ token })), ...clientCert(alice)]
  expect((await stage.send({ certificate: hop, fields })).status).toBe(200)
  expect(asked).toEqual([])
  await stage.close()
})
