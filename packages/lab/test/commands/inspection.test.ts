/** What `inspect` says of published examples, of honest things, and of odd ones. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openAuthority } from '@holdfast/ca'
import { expired } from '@holdfast/ca/fixtures'
import {
  accessTokenHash,
  certificateThumbprint,
  generateProofKey,
  makeProof,
  type ProofKey,
  type ProofOptions,
  thumbprint,
} from '@holdfast/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inspectText } from '../../src/inspection.ts'
import { makePlace, type Place, run } from '../program.ts'

let place: Place
let key: ProofKey

beforeAll(async () => {
  place = await makePlace()
  key = await generateProofKey('ES256')
})
afterAll(() => place.remove())

const clausesOf = (text: string) => inspectText(text)?.odd.map(({ clause }) => clause)

test('RFC 9449 §5, figure 4: jkt of the proof, which is odd only in being old', () => {
  const proof =
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19' +
    '.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ' +
    '.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg'
  const inspection = inspectText(proof)
  expect(inspection).toMatchObject({
    kind: 'DPoP proof',
    parts: { claims: { htm: 'POST', htu: 'https://server.example.com/token' } },
    computed: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
  })
  expect(clausesOf(proof)).toEqual(['RFC9449-4.3-11'])
})

const proof = (edit: Partial<ProofOptions> = {}) =>
  makeProof(key, { method: 'GET', url: 'https://api.example/accounts', ...edit })

const ofProofs: readonly (readonly [string, Partial<ProofOptions>, readonly string[]])[] = [
  ['nothing of an honest one', {}, []],
  ['nothing of one with nonce and ath', { nonce: 'n', accessToken: 't' }, []],
  ['no jti', { claims: { jti: undefined } }, ['RFC9449-4.3-3']],
  ['another typ', { header: { typ: 'JWT' } }, ['RFC9449-4.3-4']],
  ['alg none', { header: { alg: 'none' } }, ['RFC9449-4.3-5', 'RFC9449-4.3-6']],
  ['an hour of age', { now: Math.floor(Date.now() / 1000) - 3_600 }, ['RFC9449-4.3-11']],
  ['an hour ahead', { now: Math.floor(Date.now() / 1000) + 3_600 }, ['RFC9449-4.3-11']],
  ['an unknown crit', { header: { crit: ['x'], x: 1 } }, ['RFC7515-4.1.11']],
]

test.for(ofProofs)('of a proof it finds: %s', async ([, edit, clauses]) => {
  const text = await proof(edit)
  expect(clausesOf(text)).toEqual(clauses)
  expect(inspectText(text)?.computed).toEqual({ jkt: thumbprint(key.publicJwk) })
})

test('of a proof it finds another’s signature', async () => {
  const [head, body] = (await proof()).split('.')
  const other = (await proof({ claims: { jti: 'other' } })).split('.')[2]
  expect(clausesOf(`${head}.${body}.${other}`)).toEqual(['RFC9449-4.3-6'])
})

const now = Math.floor(Date.now() / 1000)
const HONEST = {
  iss: 'https://issuer.example',
  aud: 'https://api.example',
  sub: 's',
  client_id: 'c',
  iat: now,
  exp: now + 60,
  jti: 'j',
  scope: 'accounts',
  cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
}

const token = (claims: object, header: object = {}) =>
  makeProof(key, {
    method: '',
    url: '',
    header: {
      typ: 'at+jwt',
      jwk: undefined,
      kid: 'k',
      ...header,
    },
    claims: {
      htm: undefined,
      htu: undefined,
      ...HONEST,
      ...claims,
    },
  })

const ofTokens: readonly (readonly [string, object, object, readonly string[]])[] = [
  ['nothing of an honest one', {}, {}, []],
  ['no cnf', { cnf: undefined }, {}, ['FAPI2SP-5.3.4-5']],
  ['that it has expired', { exp: now - 60 }, {}, ['RFC9068-4-6']],
  ['no client_id', { client_id: undefined }, {}, ['RFC9068-2.2']],
  ['a type that is not an access token’s', {}, { typ: 'JWT' }, ['RFC9068-4-1']],
]

test('what does not say that it is an access token is read as one, and called so', async () => {
  expect(inspectText(await token({}))?.kind).toBe('access token')
  expect(inspectText(await token({}, { typ: 'JWT' }))?.kind).toBe('JWT, read as an access token')
})

test.for(ofTokens)('of an access token it finds: %s', async ([, claims, header, clauses]) => {
  const text = await token(claims, header)
  expect(clausesOf(text)).toEqual(clauses)
  expect(inspectText(text)?.computed).toEqual({ ath: accessTokenHash(text) })
})

describe('of certificates', () => {
  test('computes x5t#S256, of the first in a chain, and of authorities too', async () => {
    const authority = await openAuthority(place.certs)
    const client = await authority.client('a-client', { subject: 'CN=a' })
    const server = await authority.server('a-server')
    for (const pem of [client.certificate, client.chain, server.chain, authority.root]) {
      const inspection = inspectText(pem)
      expect(inspection?.kind).toBe('certificate')
      expect(inspection?.computed).toEqual({ 'x5t#S256': certificateThumbprint(pem) })
      expect(inspection?.odd).toEqual([])
    }
  })

  test('finds that one has expired', async () => {
    const authority = await openAuthority(place.certs)
    const client = await authority.client('a-client', { subject: 'CN=a' })
    const { certificate } = await expired(authority, client)
    expect(clausesOf(certificate)?.every((clause) => clause.startsWith('RFC5280-'))).toBe(true)
    expect(clausesOf(certificate)).toHaveLength(1)
  })
})

test.for([
  '',
  'a',
  'a.b',
  'a.b.c',
  '..',
  'e30.e30.',
  '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----',
])('of %j it says something, or that it is nothing', (text) => {
  expect(() => inspectText(text)).not.toThrow()
})

describe('the command', () => {
  test('reads an argument, a file and standard input alike', async () => {
    const text = await proof({ claims: { jti: undefined } })
    const file = join(place.temporary, 'proof')
    await writeFile(file, `${text}\n`)
    const [byArgument, byFile, byInput] = await Promise.all([
      run(place, ['inspect', text]),
      run(place, ['inspect', file]),
      run(place, ['inspect', '-'], { input: `${text}\n` }),
    ])
    expect(byArgument.out).toContain(thumbprint(key.publicJwk))
    expect(byArgument.err).toBe('')
    expect(byFile).toEqual(byArgument)
    expect(byInput).toEqual(byArgument)
  })

  test('tells what a hostile token says, and does not do it', async () => {
    const title = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e'
    const input = await token({ iss: `https://${title}`, sub: title })
    for (const options of [[], ['--json']]) {
      const { out, err } = await run(place, ['inspect', '-', ...options], { input })
      expect(out + err).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u)
      expect(out).toContain(String.raw`\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e`)
    }
  })

  test('exits 0 where nothing is odd, and 1 where something is', async () => {
    const [good, bad] = await Promise.all([
      run(place, ['inspect', '-', '--json'], { input: await token({}) }),
      run(place, ['inspect', '-', '--json'], { input: await token({ cnf: undefined }) }),
    ])
    expect(good).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(good.out)).toMatchObject({ kind: 'access token', odd: [] })
    expect(bad).toMatchObject({ code: 1, err: '' })
    expect(JSON.parse(bad.out).odd).toHaveLength(1)
  })

  test('takes a certificate as an argument, though it begins with a hyphen', async () => {
    const { files } = await (
      await openAuthority(place.certs)
    ).client('a-client', { subject: 'CN=a' })
    const pem = await readFile(files.certificate, 'utf8')
    const [byArgument, byFile] = await Promise.all([
      run(place, ['inspect', pem]),
      run(place, ['inspect', files.chain]),
    ])
    expect(byArgument).toMatchObject({ code: 0, err: '' })
    expect(byArgument.out).toContain(`x5t#S256              ${certificateThumbprint(pem)}`)
    expect(byArgument.out).toMatch(/^ {2}issuer {16}O=Holdfast Lab, CN=Holdfast Issuing CA$/m)
    expect(byFile.out).toBe(byArgument.out)
  })
})
