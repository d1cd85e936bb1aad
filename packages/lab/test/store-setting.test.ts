/** What `HOLDFAST_STORE` takes, and what it says of anything else. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { readConfiguration } from '../src/configuration.ts'

const folder = mkdtempSync(join(tmpdir(), 'test-of-holdfast-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => void vi.unstubAllEnvs())

const file = join(folder, 'text')
writeFileSync(file, 'from the file\n')

function read(store: string, more: Readonly<Record<string, string>> = {}) {
  for (const [name, value] of Object.entries({ HOLDFAST_STORE: store, ...more }))
    vi.stubEnv(name, value)
  return readConfiguration({ state: '/state' }).store
}

test('nothing said: SQLite in the state folder', () => {
  expect(read('')).toEqual({ engine: 'sqlite', folder: '/state' })
})

test('SQLite in another folder', () => {
  expect(read('sqlite:/elsewhere')).toEqual({ engine: 'sqlite', folder: '/elsewhere' })
})

test('PostgreSQL on this machine, in the clear', () => {
  expect(read('postgres://node@localhost/holdfast?schema=lab')).toEqual({
    engine: 'postgres',
    address: { host: 'localhost', port: 5432 },
    schema: 'lab',
    server: { host: 'localhost', port: 5432, user: 'node', database: 'holdfast' },
  })
})

test('PostgreSQL elsewhere: over TLS, by the roots of the system or by its own', () => {
  const server = { host: 'db.example', port: 6432, user: 'node', database: 'holdfast' }
  const url = 'postgres://node@db.example:6432/holdfast'
  const address = { host: 'db.example', port: 6432 }
  expect(read(url)).toEqual({ engine: 'postgres', address, server: { ...server, ssl: true } })
  expect(read(`${url}?ca=${file}`)).toMatchObject({
    server: { ...server, ssl: { ca: 'from the file\n' } },
  })
})

test('PostgreSQL by its socket', () => {
  expect(read('postgres://node@localhost/holdfast?socket=/run/postgresql')).toMatchObject({
    address: { path: '/run/postgresql/.s.PGSQL.5432' },
    server: { host: '/run/postgresql', user: 'node', database: 'holdfast' },
  })
})

test('Redis, with what its operator promises', () => {
  expect(read('redis://127.0.0.1:7000/2?restart=keeps&replicas=1&name=lab')).toEqual({
    engine: 'redis',
    address: { host: '127.0.0.1', port: 7000 },
    name: 'lab',
    restart: 'keeps',
    replicas: 1,
    server: { socket: { host: '127.0.0.1', port: 7000, tls: false }, database: 2 },
  })
  expect(read(`rediss://node@cache.example?ca=${file}`)).toMatchObject({
    restart: 'loses',
    server: {
      socket: { host: 'cache.example', port: 6379, tls: true, ca: 'from the file\n' },
      username: 'node',
    },
  })
  expect(read('redis://localhost?socket=/run/redis')).toMatchObject({
    server: { socket: { path: '/run/redis', tls: false }, database: 0 },
  })
})

test('the password is in a variable or in a file', () => {
  const url = 'postgres://node@localhost/holdfast'
  expect(read(url, { HOLDFAST_STORE_PASSWORD: 'secret' })).toMatchObject({
    server: { password: 'secret' },
  })
  vi.unstubAllEnvs()
  expect(read(url, { HOLDFAST_STORE_PASSWORD_FILE: file })).toMatchObject({
    server: { password: 'from the file' },
  })
  expect(() => read(url, { HOLDFAST_STORE_PASSWORD: 'secret' })).toThrow(/one of the two/)
})

const wrong: readonly (readonly [string, RegExp])[] = [
  ['mysql://localhost/x', /sqlite:FOLDER/],
  ['nonsense', /postgres:/],
  ['sqlite:', /sqlite:FOLDER/],
  ['postgres://localhost/x', /a user before the host/],
  ['postgres://node@localhost', /a database after the host/],
  ['postgres://node@localhost/x?schema=a-b', /lower-case letters/],
  ['postgres://node@localhost/x?sslmode=disable', /schema, ca, socket/],
  ['postgres://node@db.example/x?socket=/run', /localhost as the host of a socket/],
  ['redis:///1', /a host/],
  ['redis://cache.example', /rediss: where the server is not on this machine/],
  ['redis://localhost/x', /a number for the database/],
  ['redis://localhost?restart=sometimes', /restart=keeps or restart=loses/],
  ['redis://localhost?replicas=many', /replicas from 0 to 9/],
  ['rediss://localhost?socket=/run/redis', /redis: with socket/],
]

test.for(wrong)('%s is refused', ([store, allowed]) => {
  expect(() => read(store)).toThrow(`HOLDFAST_STORE=${JSON.stringify(store)} is refused; allowed: `)
  expect(() => read(store)).toThrow(allowed)
})

test.for([
  'postgres://node:hunter/2:2@localhost/x',
  'postgres://node:hunter22@localhost/x',
  'redis://:hunter22@localhost',
  'mysql://a:hunter22@localhost',
])('a password in the URL (%s) is refused, and not repeated', (store) => {
  expect(() => read(store)).toThrow(/is refused; allowed: /)
  expect(() => read(store)).not.toThrow(/hunter|2:2|22/)
})

test('a file that cannot be read is named', () => {
  expect(() => read('postgres://node@localhost/x?ca=/nowhere')).toThrow(
    'ca: /nowhere cannot be read (ENOENT)',
  )
})
