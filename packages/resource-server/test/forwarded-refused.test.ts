/** What a hop must not be believed, and a client not be allowed: always our 400, never a 5xx. */
import { afterAll, describe, expect, test } from 'vitest'
import type { HopFormat } from '../src/index.ts'
import { clientCert, der, element, escaped, type Lines, nginx, WRITTEN } from './forwarding.ts'
import { bound, certificates, hopStage, more } from './hop-stage.ts'
import { raise } from './stage.ts'

const { alice } = certificates
const { hop, rsa, chained, intermediate } = more
const KIB = 1024

const xfcc = (value: string): Lines => [['X-Forwarded-Client-Cert', value]]
const cert = (value: string, ...chain: readonly string[]): Lines => [
  ['Client-Cert', value],
  ...chain.map((line) => ['Client-Cert-Chain', line] as const),
]
const pem = (value: string): Lines => [['X-SSL-Client-Cert', value]]
const binary = (text: string): string => `:${Buffer.from(text).toString('base64')}:`
const bytes = Buffer.from(der(alice), 'base64')
const good = `:${der(alice)}:`
const half = (text: string): string => text.slice(0, text.length / 2)

const MALFORMED: Readonly<Record<HopFormat, Readonly<Record<string, Lines>>>> = {
  'client-cert': {
    nothing: cert(''),
    'an empty Byte Sequence': cert('::'),
    text: cert('garbage'),
    'base64 of text': cert(binary('garbage')),
    'one byte': cert(':MA==:'),
    'without colons': cert(der(alice)),
    'one colon': cert(`:${der(alice)}`),
    'a String': cert(`"${der(alice)}"`),
    base64url: cert(good.replaceAll('+', '-').replaceAll('/', '_').replace(':M', ':_')),
    'a space inside': cert(good.replace('M', 'M ')),
    'padding in the middle': cert(`:${half(der(alice))}=${half(der(alice))}:`),
    'a parameter': cert(`${good};q=1`),
    'a list of two': cert(`${good}, ${good}`),
    'two fields': [...cert(good), ...cert(good)],
    truncated: cert(`:${half(der(alice))}:`),
    'a byte less': cert(`:${bytes.subarray(0, -1).toString('base64')}:`),
    'a byte more': cert(`:${Buffer.concat([bytes, Buffer.from([0])]).toString('base64')}:`),
    'one DER behind another': cert(`:${Buffer.concat([bytes, bytes]).toString('base64')}:`),
    'PEM inside': cert(binary(alice.cert)),
    'PEM itself': cert(alice.cert.replaceAll('\n', ' ').trim()),
    'doubly encoded': cert(binary(good)),
    escaped: cert(encodeURIComponent(good)),
    'a chain without a certificate': [['Client-Cert-Chain', good]],
    'an empty chain': cert(good, ''),
    'garbage in the chain': cert(good, `${good}, garbage`),
    'a chain that ends in a comma': cert(good, `${good},`),
    'a chain of ten': cert(good, Array.from({ length: 10 }, () => good).join(', ')),
    '64 KiB': cert(`:${'A'.repeat(64 * KIB)}:`),
    'a chain of 64 KiB': cert(good, `:${'A'.repeat(64 * KIB)}:`),
  },
  nginx: {
    nothing: pem(''),
    text: pem('garbage'),
    'no percent-encoding': pem('%zz'),
    'bytes that are no UTF-8': pem('%ff%fe'),
    'base64 alone': pem(der(alice)),
    'not escaped': pem(alice.cert.replaceAll('\n', '').trim()),
    'folded as $ssl_client_cert is': pem(alice.cert.trim().replaceAll('\n', ' ')),
    'the leaf and its chain': pem(escaped(chained, intermediate)),
    'the same certificate twice': pem(escaped(alice, alice)),
    'two fields': [...nginx(alice), ...nginx(alice)],
    truncated: pem(half(escaped(alice))),
    'a key': pem(encodeURIComponent(alice.key)),
    'a certificate and its key': pem(encodeURIComponent(alice.cert + alice.key)),
    'text before it': pem(encodeURIComponent(`subject=alice\n${alice.cert}`)),
    'text behind it': pem(encodeURIComponent(`${alice.cert}more`)),
    'an empty block': pem(escaped({ ...alice, cert: alice.cert.replaceAll(/\n[^-]+\n/g, '\n\n') })),
    'doubly encoded': pem(encodeURIComponent(escaped(alice))),
    'a Byte Sequence': pem(good),
    '64 KiB': pem('%0A'.repeat((64 * KIB) / 3)),
    '64 KiB behind it': pem(escaped(alice) + '%0A'.repeat((64 * KIB) / 3)),
  },
  xfcc: {
    nothing: xfcc(''),
    text: xfcc('garbage'),
    'only a hash': xfcc(`Hash=468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688`),
    'an empty Cert': xfcc('Cert=""'),
    'garbage in Cert': xfcc('Cert="garbage"'),
    'two in Cert': xfcc(`Cert="${escaped(alice, rsa)}"`),
    'Cert twice': xfcc(`Cert="${escaped(alice)}";Cert="${escaped(alice)}"`),
    'doubly encoded': xfcc(`Cert="${encodeURIComponent(escaped(alice))}"`),
    truncated: xfcc(`${half(`Cert="${escaped(alice)}`)}"`),
    'a quote that is never closed': xfcc(`Cert="${escaped(alice)}`),
    'text behind a quote': xfcc(`Cert="${escaped(alice)}"x`),
    'an empty last element': xfcc(`${element(alice)},`),
    'the certificate in the first element only': xfcc(`${element(alice)},Hash=1`),
    'two fields': [...xfcc(element(alice)), ...xfcc(element(alice))],
    'a Chain that is garbage': xfcc(`Cert="${escaped(alice)}";Chain="x"`),
    'a Chain of somebody else': xfcc(`Cert="${escaped(alice)}";Chain="${escaped(rsa, alice)}"`),
    'a Chain of eleven': xfcc(
      `Cert="${escaped(alice)}";Chain="${escaped(...Array.from({ length: 11 }, () => alice))}"`,
    ),
    '64 KiB': xfcc(`Cert="${'A'.repeat(64 * KIB)}"`),
    '64 KiB of elements before it': xfcc(`${'A=1,'.repeat(16 * KIB)}${element(alice)}`),
    // What a client may try from before our hop's element, and from inside it
    'a quote that swallows the hop’s element': xfcc(`Cert="${escaped(alice)}";X=",${element(rsa)}`),
    'the same with a backslash': xfcc(String.raw`Cert="${escaped(alice)}";X="\,${element(rsa)}`),
    'a URI that goes on as an element': xfcc(
      `${element(rsa)};URI=spiffe://x,Hash=1;Cert="${escaped(alice)}"`,
    ),
    'a URI that goes on as a pair': xfcc(`Hash=1;URI=spiffe://x;Cert="${escaped(alice)}"`),
    'a DNS name that goes on as an element': xfcc(
      `${element(rsa)};URI=;DNS=x,Cert="${escaped(alice)}"`,
    ),
  },
}

describe.for(Object.entries(MALFORMED))('through a hop that writes %s', async ([format, lines]) => {
  const names = { 'client-cert': 'client-cert', nginx: 'nginx', xfcc: 'xfcc' } as const
  const known = Object.values(names).find((name) => name === format) ?? 'nginx'
  const stage = await hopStage(known)
  afterAll(() => stage.close())

  test.for(Object.entries(lines))('RFC9440-2.2 refuses %s', async ([, fields]) => {
    const all = [...(await bound(stage, alice)), ...fields]
    const { status, body, challenges, cacheControl } = await stage.send({
      certificate: hop,
      fields: all,
    })
    expect({ status, error: body['error'], cacheControl }).toEqual({
      status: 400,
      error: 'invalid_request',
      cacheControl: 'no-store',
    })
    expect(challenges).toHaveLength(2)
    for (const line of challenges) expect(line).toContain('RFC9440-2.2: ')
  })

  test('after all that an honest request is served', async () => {
    const fields = [...(await bound(stage, alice)), ...WRITTEN[known](alice)]
    expect((await stage.send({ certificate: hop, fields })).status).toBe(200)
    expect(stage.errors).toEqual([])
  })
})

const SPELLINGS = [
  'Client-Cert',
  'client-cert',
  'CLIENT-CERT',
  'Client_Cert',
  'CLIENT_CERT',
  'Client-Cert-Chain',
  'Client_Cert-Chain',
  'X-Forwarded-Client-Cert',
  'X_FORWARDED_CLIENT_CERT',
  'X-SSL-Client-Cert',
  'X-SSL-CERT',
  'X_SSL_CERT',
  'SSL_CLIENT_CERT',
  'X-Client-Cert',
  'X-Client-Certificate',
  'X-Forwarded-Tls-Client-Cert',
  'X-Amzn-Mtls-Clientcert',
  'X-ARR-ClientCert',
]

describe.for([true, false])(
  'on a client connection, with hops configured: %o',
  async (configured) => {
    const stage = configured
      ? await hopStage('client-cert')
      : await raise({ certificates, explain: true })
    afterAll(() => stage.close())

    test.for(SPELLINGS)('RFC9440-4 refuses %s', async (name) => {
      for (const certificate of [alice, rsa, undefined])
        for (const value of [good, '']) {
          const fields = [...(await bound(stage, alice)), [name, value] as const]
          const answer = await stage.send({ ...(certificate && { certificate }), fields })
          expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request'])
          expect(answer.challenges[0]).toContain('RFC9440-4: ')
        }
    })

    test('RFC9440-4 refuses it beside a DPoP proof as well', async () => {
      const { fields = [], path } = await stage.honest()
      const answer = await stage.send({ path: path!, fields: [...fields, ...clientCert(alice)] })
      expect(answer.body['error_description']).toContain('RFC9440-4: ')
    })

    test.for(['X-Certainty', 'Certificate-Transparency', 'Expect-CT', 'X-Client-Certs'])(
      'RFC9440-4 does not mind %s',
      async (name) => {
        const fields = [...(await bound(stage, alice)), [name, 'x'] as const]
        expect((await stage.send({ certificate: alice, fields })).status).toBe(200)
      },
    )
  },
)

test('RFC9440-2.1 holds for base64 without padding: the thumbprint is of the bytes', async () => {
  const stage = await hopStage('client-cert')
  for (const pair of [alice, rsa, chained]) {
    const fields = [...(await bound(stage, pair)), ...cert(`:${der(pair).replaceAll('=', '')}:`)]
    expect((await stage.send({ certificate: hop, fields })).status).toBe(200)
  }
  await stage.close()
})

test('RFC9440-2.3 holds for a chain in several fields', async () => {
  const stage = await hopStage('client-cert')
  const chain = Array.from({ length: 9 }, () => `:${der(intermediate)}:`)
  const fields = [...(await bound(stage, chained)), ...cert(`:${der(chained)}:`, ...chain)]
  expect((await stage.send({ certificate: hop, fields })).status).toBe(200)
  await stage.close()
})
