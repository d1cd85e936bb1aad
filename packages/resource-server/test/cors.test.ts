import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { crossOrigin } from '../src/cors.ts'
import { PolicyError } from '../src/index.ts'

const GOOD = { origins: ['https://app.example'] }

// A step reads the method and the fields only.
const asked = (method: string, headers: Readonly<Record<string, string>>): IncomingMessage =>
  Object.create({}, { method: { value: method }, headers: { value: headers } })
const preflight = (origin: string) =>
  asked('OPTIONS', { origin, 'access-control-request-method': 'GET' })

test('everything that can be said', () => {
  const step = crossOrigin({
    origins: ['https://app.example', 'http://localhost:5173', 'http://[::1]:3000'],
    methods: ['GET', 'QUERY'],
    allow: ['X-FAPI-Interaction-ID', 'DPoP'],
    expose: ['X-FAPI-Interaction-ID'],
    maxAge: 86_400,
    credentials: true,
  })
  expect(step(preflight('http://localhost:5173'))).toEqual({
    answer: {
      status: 204,
      headers: {
        vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
        'access-control-allow-origin': 'http://localhost:5173',
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET, QUERY',
        'access-control-allow-headers': 'Authorization, DPoP, Content-Type, X-FAPI-Interaction-ID',
        'access-control-max-age': '86400',
      },
    },
  })
  expect(step(asked('GET', { origin: 'http://[::1]:3000' }))).toEqual({
    state: {},
    headers: {
      vary: 'Origin',
      'access-control-allow-origin': 'http://[::1]:3000',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'DPoP-Nonce, WWW-Authenticate, X-FAPI-Interaction-ID',
    },
  })
})

test.for([
  'https://app.example.evil.example',
  'https://app.example:444',
  'https://APP.example',
  'http://app.example',
  'https://app.example/',
  'null',
  '*',
])('a preflight from %s is answered, and allows nothing', (origin) => {
  expect(crossOrigin(GOOD)(preflight(origin))).toEqual({
    answer: {
      status: 204,
      headers: { vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers' },
    },
  })
})

test('no browser, no permission; but caches are told what the answer depends on', () => {
  const vary = { state: {}, headers: { vary: 'Origin' } }
  expect(crossOrigin(GOOD)(asked('GET', {}))).toEqual(vary)
  expect(crossOrigin(GOOD)(asked('OPTIONS', { 'access-control-request-method': 'GET' }))).toEqual(
    vary,
  )
})

const WRONG: readonly (readonly [key: string, change: Readonly<Record<string, unknown>>])[] = [
  ['origins', { origins: [] }],
  ['origins', { origins: ['*'] }],
  ['origins', { origins: ['*'], credentials: true }],
  ['origins', { origins: ['https://*.example'] }],
  ['origins', { origins: ['null'] }],
  ['origins', { origins: ['app.example'] }],
  ['origins', { origins: ['http://app.example'] }],
  ['origins', { origins: ['https://app.example/'] }],
  ['origins', { origins: ['https://app.example:443'] }],
  ['origins', { origins: ['https://APP.example'] }],
  ['origins', { origins: ['https://app.example', 'file:///'] }],
  ['methods', { methods: [] }],
  ['methods', { methods: ['*'] }],
  ['allow', { allow: ['*'] }],
  ['allow', { allow: ['a, b'] }],
  ['expose', { expose: ['*'] }],
  ['expose', { expose: ['a\r\nb'] }],
  ['maxAge', { maxAge: -1 }],
  ['maxAge', { maxAge: 86_401 }],
  ['maxAge', { maxAge: 0.5 }],
  ['credentials', { credentials: 'include' }],
]

test.for(WRONG)('%s: %j is refused at start', ([key, change]) => {
  let error: unknown
  try {
    crossOrigin({ ...GOOD, ...change })
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(PolicyError)
  expect(error).toMatchObject({ key: `cors.${key}` })
})
