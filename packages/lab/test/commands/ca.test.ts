/** `scripts/lab ca …`, by the real program. What each command does is proven in packages/ca. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makePlace, type Place, run } from '../program.ts'

let place: Place
beforeAll(async () => {
  place = await makePlace()
})
afterAll(() => place.remove())

const ca = (...args: readonly string[]) => run(place, ['ca', ...args])

test('init, issue, list, show, revoke, crl: the life of a certificate', async () => {
  expect((await ca('init')).code).toBe(0)
  const issued = await ca('issue', 'shop', '--subject', 'CN=JohnDoe,OU=IT', '--json')
  const { serial, files } = JSON.parse(issued.out)
  const certificate = new X509Certificate(await readFile(files.certificate))
  expect(certificate.serialNumber).toBe(serial)

  const rows: { name: string; subject: string; status: string }[] = JSON.parse(
    (await ca('list', '--json')).out,
  )
  expect(rows.find(({ name }) => name === 'clients/shop')).toMatchObject({
    subject: 'CN=JohnDoe,OU=IT',
    status: 'good',
  })
  expect((await ca('show', 'shop')).out).toContain('tls_client_auth_subject_dn  CN=JohnDoe,OU=IT')

  expect((await ca('revoke', 'shop', '--reason', 'keyCompromise')).code).toBe(0)
  expect((await ca('crl')).out).toContain(serial)
  expect((await ca('list')).out).toMatch(/clients\/shop .* revoked \(keyCompromise\)/)
})

test('csr and sign: a key that never was ours', async () => {
  const out = join(place.state, '../request')
  expect((await ca('csr', out, '--subject', 'CN=guest')).code).toBe(0)
  const signed = await ca('sign', `${out}.csr.pem`, '--json')
  expect(signed.code).toBe(0)
  expect(signed.out).not.toContain('PRIVATE KEY')
})

test('export: PKCS #12 wants a passphrase, and says so', async () => {
  await ca('issue', 'bundle')
  const file = join(place.state, '../passphrase')
  await writeFile(file, 'correct horse\n')
  expect(await ca('export', 'bundle', '--format', 'p12')).toMatchObject({
    code: 2,
    err: 'holdfast: --format p12 needs --passphrase-file FILE\n',
  })
  const out = join(place.state, '../bundle.p12')
  const given = ['--passphrase-file', file, '--out', out]
  expect((await ca('export', 'bundle', '--format', 'p12', ...given)).code).toBe(0)
  expect((await readFile(out)).length).toBeGreaterThan(500)
})

test('after a rotation doctor knows both issuing CAs', async () => {
  expect((await ca('rotate')).code).toBe(0)
  expect((await ca('issue', 'later')).code).toBe(0)
  const doctor = await run(place, ['doctor'])
  expect(doctor).toMatchObject({ code: 0, err: '' })
  expect(doctor.out).toMatch(/✓ +clients\/shop .*\n✓ +issuing-2 /)
  expect(doctor.out).toMatch(/✓ +clients\/later /)
})

test('trust changes nothing unless it is told to', async () => {
  const { code, out } = await ca('trust')
  expect(code).toBe(0)
  expect(out).toContain('NODE_EXTRA_CA_CERTS')
})

test('fixtures are listed with what is wrong with each', async () => {
  expect((await ca('fixtures')).out).toMatch(/twin/)
})

test.for([
  ['an unknown name', ['show', 'nobody'], /nobody/],
  ['a request that is none', ['sign', import.meta.filename], /request|CSR/i],
  ['a file that is not there', ['sign', '/no/such.csr'], /such\.csr/],
  ['an unknown profile', ['issue', 'x', '--profile', 'queen'], /queen/],
  ['an unknown command', ['frobnicate'], /frobnicate/],
] as const)('%s: one sentence, exit 2', async ([, args, sentence]) => {
  const { code, err } = await ca(...args)
  expect(code).toBe(2)
  expect(err).toMatch(sentence)
  expect(err).not.toContain('    at ')
})
