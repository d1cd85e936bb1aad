/** A hop's word about the host chooses among our URLs; a client's is nothing. */
import { afterAll, describe, expect, test } from 'vitest'
import type { Lines } from './forwarding.ts'
import { bound, certificates, hopStage, more } from './hop-stage.ts'
import { dpopFields } from './stage.ts'

const { hop } = more
const { alice } = certificates
const OTHER = 'https://other.example:8443/base'
const stage = await hopStage('client-cert', {
  externalUrls: [OTHER, 'https://third.example'],
})
afterAll(() => stage.close())

async function prove(htu: string, forwarded: Lines, certificate = hop) {
  const token = await stage.token()
  const proof = await stage.proof({ token, claims: { htu } })
  const fields = [...dpopFields(token, proof), ...forwarded]
  return stage.send({ certificate, fields })
}
const HOST = 'X-Forwarded-Host'
const FORWARDED = 'Forwarded'

test.for<[string, Lines]>([
  ['https://rs.example/accounts', []],
  ['https://rs.example/accounts', [[HOST, 'rs.example']]],
  ['https://rs.example/accounts', [[HOST, 'RS.example:443']]],
  [`${OTHER}/accounts`, [[HOST, 'other.example:8443']]],
  ['https://third.example/accounts', [[HOST, 'third.example']]],
  ['https://third.example/accounts', [[FORWARDED, 'for=192.0.2.7;host=third.example;proto=https']]],
  [`${OTHER}/accounts`, [[FORWARDED, 'HOST="Other.Example:8443"']]],
  ['https://rs.example/accounts', [[FORWARDED, 'for="[2001:db8::1]:4711"']]],
  ['https://third.example/accounts', [[FORWARDED, 'host=evil.example, host=third.example']]],
  [
    'https://third.example/accounts',
    [
      [FORWARDED, 'host=evil.example'],
      [FORWARDED, 'host=third.example'],
    ],
  ],
  [
    'https://third.example/accounts',
    [
      [HOST, 'third.example'],
      [FORWARDED, 'host=third.example'],
    ],
  ],
  [
    'https://third.example/accounts',
    [
      [HOST, 'third.example'],
      [HOST, 'Third.example'],
    ],
  ],
])('%s is the URL, by %j', async ([htu, forwarded]) => {
  expect((await prove(htu, forwarded)).status).toBe(200)
  const elsewhere = await prove('https://evil.example/accounts', forwarded)
  expect(elsewhere.body['error_description']).toContain('RFC9449-4.3-9: ')
})

const FOREIGN: readonly Lines[] = [
  [[HOST, 'evil.example']],
  [[HOST, '']],
  [[HOST, 'rs.example.evil.example']],
  [[HOST, 'rs.example:8443']],
  [[HOST, 'rs.example, third.example']],
  [[HOST, 'rs.example/accounts']],
  [[HOST, 'https://rs.example']],
  [[HOST, '__proto__']],
  [
    [HOST, 'rs.example'],
    [HOST, 'third.example'],
  ],
  [
    [HOST, 'rs.example'],
    [FORWARDED, 'host=third.example'],
  ],
  [[FORWARDED, 'host=rs.example, host=evil.example']],
  [[FORWARDED, 'host=rs.example;host=third.example']],
  [[FORWARDED, 'host="rs.example']],
  [[FORWARDED, 'garbage']],
  [[FORWARDED, '']],
]

describe.for(FOREIGN)('%j', (forwarded) => {
  test('RFC7239-8.1 refuses it from a hop', async () => {
    const answer = await prove('https://rs.example/accounts', forwarded)
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request'])
    expect(answer.challenges[0]).toContain('RFC7239-8.1: ')
  })

  test('from a client it is nothing', async () => {
    expect((await prove('https://rs.example/accounts', forwarded, alice)).status).toBe(200)
  })
})

test('a client chooses nothing, also not among ours', async () => {
  const answer = await prove('https://third.example/accounts', [[HOST, 'third.example']], alice)
  expect(answer.body['error_description']).toContain('RFC9449-4.3-9: ')
})

test('a hop that names a foreign host is refused with a certificate as well', async () => {
  const fields = [...(await bound(stage, alice)), [HOST, 'evil.example'] as const]
  const answer = await stage.send({ certificate: hop, fields })
  expect(answer.body['error_description']).toContain('RFC7239-8.1: ')
  expect(stage.errors).toEqual([])
})
