import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { checkMaterial, type ClientMaterial, readMaterial, writeMaterial } from '../src/index.ts'
import { makePki } from './fixtures/certificates.ts'
import { materialFor } from './fixtures/materials.ts'

const pki = makePki()
const make = await materialFor(pki, 'https://as.example')
const BY_KEY = make('private_key_jwt', 'dpop')
const BY_BOTH = make('private_key_jwt', 'mtls')
const LOGS_OUT = {
  ...BY_KEY,
  postLogoutRedirectUri: 'https://client.example/bye',
  backchannelLogout: { uri: 'https://localhost:1/logout', ...pki.server },
}

let folder = ''
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'holdfast-material-')), 'client')
})
afterEach(() => rm(join(folder, '..'), { recursive: true }))

describe('a folder', () => {
  it.each([
    ['private_key_jwt', 'dpop'],
    ['private_key_jwt', 'mtls'],
    ['tls_client_auth', 'dpop'],
    ['self_signed_tls_client_auth', 'mtls'],
  ] as const)('gives back what was written: %s, %s', async (authentication, binding) => {
    const material = make(authentication, binding)
    await writeMaterial(folder, material)
    expect(await readMaterial(folder)).toEqual(material)
  })

  it('gives back where a client is told of logouts, and by which certificate', async () => {
    await writeMaterial(folder, LOGS_OUT)
    expect(await readMaterial(folder)).toEqual(LOGS_OUT)
    expect((await stat(join(folder, 'backchannel-logout.key.pem'))).mode & 0o777).toBe(0o600)
    await rm(join(folder, 'backchannel-logout.key.pem'))
    const file = 'backchannel-logout.key.pem'
    await expect(readMaterial(folder)).rejects.toMatchObject({ code: 'MISSING', file })
    await writeMaterial(folder, BY_KEY)
    expect(await readdir(folder)).not.toContain('backchannel-logout.pem')
  })

  it('keeps private files private, and no temporary file', async () => {
    await writeMaterial(folder, BY_BOTH)
    const files = await readdir(folder)
    expect(files.sort()).toEqual([
      'certificate.key.pem',
      'certificate.pem',
      'client.json',
      'key.jwk.json',
      'trust.pem',
    ])
    for (const file of ['key.jwk.json', 'certificate.key.pem']) {
      expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600)
    }
  })

  it('has client.json without secrets, and ignores what else is written into it', async () => {
    await writeMaterial(folder, BY_KEY)
    const path = join(folder, 'client.json')
    const content: object = JSON.parse(await readFile(path, 'utf8'))
    expect(Object.keys(content)).toEqual([
      'issuer',
      'clientId',
      'authentication',
      'binding',
      'redirectUri',
    ])
    await writeFile(path, JSON.stringify({ ...content, trust: 'nonsense', note: 'mine' }))
    expect(await readMaterial(folder)).toEqual(BY_KEY)
  })

  it('loses the files of an earlier client', async () => {
    await writeMaterial(folder, BY_BOTH)
    await writeMaterial(folder, BY_KEY)
    expect(await readMaterial(folder)).toEqual(BY_KEY)
    expect(await readdir(folder)).not.toContain('certificate.key.pem')
  })
})

describe('reading refuses', () => {
  beforeEach(() => writeMaterial(folder, BY_BOTH))

  it.each([
    ['client.json', 'MISSING', 'is missing'],
    ['trust.pem', 'MISSING', 'is missing'],
    ['certificate.pem', 'MISSING', 'is missing'],
    ['certificate.key.pem', 'MISSING', 'is missing'],
    [
      'key.jwk.json',
      'INCONSISTENT',
      'is missing, and private_key_jwt signs its assertions with it',
    ],
  ] as const)('a folder without %s', async (file, code, sentence) => {
    await rm(join(folder, file))
    await expect(readMaterial(folder)).rejects.toMatchObject({ code, file, sentence, folder })
  })

  it.each(['client.json', 'key.jwk.json'])(
    '%s that is no JSON object, and quotes nothing',
    async (file) => {
      for (const text of ['{"d": secret', '["secret"]', '"secret"', 'null']) {
        await writeFile(join(folder, file), text)
        const error = await readMaterial(folder).catch((reason: unknown) => reason)
        expect(error).toMatchObject({ code: 'MALFORMED', file })
        expect(String(error)).not.toContain('secret')
      }
    },
  )

  it('a file that cannot be read', async () => {
    await rm(join(folder, 'trust.pem'))
    await writeMaterial(join(folder, 'trust.pem'), BY_KEY)
    await expect(readMaterial(folder)).rejects.toMatchObject({
      code: 'MALFORMED',
      file: 'trust.pem',
    })
  })

  it('a key of another certificate', async () => {
    await writeFile(join(folder, 'certificate.key.pem'), pki.server.key)
    await expect(readMaterial(folder)).rejects.toThrow(
      `${folder}/certificate.key.pem: does not belong to the first certificate of certificate.pem`,
    )
  })
})

describe('material is refused with', () => {
  const logoutAt = (edit: object) => ({
    backchannelLogout: { ...LOGS_OUT.backchannelLogout, ...edit },
  })
  const rejected: readonly (readonly [string, string, object])[] = [
    ['an http issuer', 'client.json', { issuer: 'http://as.example' }],
    ['an issuer with query', 'client.json', { issuer: 'https://as.example?x' }],
    ['no issuer', 'client.json', { issuer: undefined }],
    ['an empty clientId', 'client.json', { clientId: '' }],
    ['authentication by secret', 'client.json', { authentication: 'client_secret_basic' }],
    ['no binding', 'client.json', { binding: 'none' }],
    ['a redirectUri with query', 'client.json', { redirectUri: 'https://c.example/cb?a=b' }],
    ['a redirectUri not in normal form', 'client.json', { redirectUri: 'https://c.example' }],
    ['a public key', 'key.jwk.json', { key: { ...BY_BOTH.key, d: undefined } }],
    ['a key without kid', 'key.jwk.json', { key: { ...BY_BOTH.key, kid: undefined } }],
    ['a key for RS256', 'key.jwk.json', { key: { ...BY_BOTH.key, alg: 'RS256' } }],
    ['a key without alg', 'key.jwk.json', { key: { ...BY_BOTH.key, alg: undefined } }],
    ['mtls and no certificate', 'certificate.pem', { certificate: undefined }],
    ['no PEM', 'certificate.pem', { certificate: { ...pki.client, chain: 'x' } }],
    ['no key in PEM', 'certificate.key.pem', { certificate: { ...pki.client, key: 'x' } }],
    ['a way back that is no URL', 'client.json', { postLogoutRedirectUri: '/bye' }],
    ['logouts without TLS', 'client.json', logoutAt({ uri: 'http://localhost/' })],
    ['logouts at no URL', 'client.json', logoutAt({ uri: 7 })],
    ['no PEM for them', 'backchannel-logout.pem', logoutAt({ chain: 'x' })],
    ['no key for them', 'backchannel-logout.key.pem', logoutAt({ key: 'x' })],
    ['another’s key', 'backchannel-logout.key.pem', logoutAt({ key: pki.client.key })],
    ['no root', 'trust.pem', { trust: '' }],
  ]
  it.each(rejected)('%s', async (_, file, edit) => {
    const material = { ...BY_BOTH, ...edit } as ClientMaterial
    expect(() => checkMaterial(material)).toThrow(
      expect.objectContaining({ name: 'MaterialError', code: 'INCONSISTENT', file }),
    )
    await expect(writeMaterial(folder, material)).rejects.toMatchObject({ file, folder })
    await expect(readdir(folder)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
