/**
 * Every setting against values of every kind: it is taken if it is one that the documentation
 * allows, and refused with its key otherwise, at once, and by nothing but a PolicyError.
 */
import { generateKeyPairSync } from 'node:crypto'
import { ReplayMemoryInProcess } from '@holdfast/store'
import { describe, expect, test } from 'vitest'
import {
  introspectedTokens,
  type IntrospectionOptions,
  jwtTokens,
  PolicyError,
  protect,
  type ProtectOptions,
} from '../src/index.ts'
import { crossOrigin } from '../src/cors.ts'
import { resourceMetadata } from '../src/metadata.ts'
import { ISSUER, newSigner, RESOURCE } from './mint.ts'

const ROUTE: ProtectOptions = {
  resource: RESOURCE,
  issuer: ISSUER,
  audience: RESOURCE,
  scopes: [],
  memory: new ReplayMemoryInProcess(),
  nonceSecret: new Uint8Array(32),
  tokens: async () => ({ form: 'unavailable', reason: 'nobody is asked' }),
  certificateStatus: () => ({ ok: true }),
}
const INTROSPECTION: IntrospectionOptions = {
  issuer: ISSUER,
  clientId: 'the-api',
  key: { ...newSigner('').privateKey.export({ format: 'jwk' }), alg: 'ES256' },
}

const circle: unknown[] = []
circle.push(circle)
const VALUES: readonly unknown[] = [
  [null],
  [Number.NaN, Infinity, -Infinity, -1, 0, 0.5, 1, 5, 10, 60, 61, 1_000, 1e9, 1e300, 2 ** 53, 7n],
  ['', ' ', 'x', '5', 'true', 'off', 'required', 'one', 'all', 'pki', 'thumbprint', 'post-quantum'],
  ['fapi2-security-profile', 'dpop', 'mtls', 'mtls ', 'Required', 'x'.repeat(32), '__proto__'],
  ['https://as.example', 'https://as.example/', 'http://as.example', 'HTTPS://as.example'],
  ['https://as.example:443', 'https://as.example/a/../b', 'https://as.example/%61', '//as.example'],
  ['https://as.example?', 'https://as.example#', 'https://a@as.example', 'https://as.example\n'],
  ['https://', 'https://a\\b', 'javascript:alert(1)', 'https://*.example', '*', 'null'],
  [true, false, Symbol('x'), () => true, async () => false],
  [[], [null], [undefined], [''], ['x'], ['a b'], ['dpop'], ['dpop', 'dpop'], ['dpop', 'x'], [7]],
  [['ES256'], ['es256'], ['RS256'], ['HS256', 'none'], ['https://as.example'], [[]], circle],
  [
    ['https://as.example', 'http://as.example'],
    ['https://as.example', 'https://as.example'],
  ],
  [
    {},
    { length: 40 },
    Object.create(null),
    { past: 5, ahead: 5 },
    { past: 5 },
    { past: '5', ahead: 5 },
  ],
  [{ isHop: () => true, format: 'nginx' }, { isHop: true, format: 'nginx' }, { put: () => 1 }],
  [
    new Uint8Array(31),
    new Uint8Array(32),
    Buffer.alloc(64),
    new ArrayBuffer(32),
    new Map(),
    new Date(),
  ],
  [new ReplayMemoryInProcess(), 'mtls', INTROSPECTION.key, { kty: 'EC' }, { alg: 'none' }],
].flat()

type Fits = (value: unknown) => boolean

const isFunction: Fits = (value) => typeof value === 'function'
const isBoolean: Fits = (value) => typeof value === 'boolean'
const among =
  (...names: readonly string[]): Fits =>
  (value) =>
    names.some((name) => name === value)
const within =
  (least: number, most: number): Fits =>
  (value) =>
    typeof value === 'number' && value >= least && value <= most
const wholeWithin =
  (least: number, most: number): Fits =>
  (value) =>
    Number.isInteger(value) && within(least, most)(value)
const listOf =
  (fits: Fits, least = 0): Fits =>
  (value) =>
    Array.isArray(value) && value.length >= least && [...value].every(fits)
const isName: Fits = (value) => typeof value === 'string' && /^[!#-[\]-~]+$/.test(value)
const BASE = 'https://as.example'
const isUrl = among(BASE, `${BASE}/`, 'https://*.example')

type Rules = Readonly<Record<string, Fits>>

const ROUTE_RULES: Rules = {
  resource: among(BASE, 'https://*.example'),
  issuer: (value) => isUrl(value) || listOf(isUrl, 1)(value),
  audience: isUrl,
  scopes: listOf(isName),
  methods: listOf(among('dpop', 'mtls'), 1),
  require: among('one', 'all'),
  certificateTrust: among('thumbprint', 'pki'),
  nonce: among('off', 'required'),
  profile: among('fapi2-security-profile', 'post-quantum'),
  tokenAlgorithms: listOf(among('ES256'), 1),
  proofAlgorithms: listOf(among('ES256'), 1),
  proofWindow: (value) => within(1, 60)(Object(value).past) && within(0, 10)(Object(value).ahead),
  tokenAhead: within(0, 10),
  status: among('off', 'required'),
  authorizationDetails: (value) => typeof value === 'string' && value !== '',
  acrValues: listOf(isName),
  maxAge: wholeWithin(0, 31_536_000),
  clockMargin: within(0, 60),
  tokens: isFunction,
  memory: (value) => value instanceof ReplayMemoryInProcess,
  nonceSecret: (value) => value instanceof Uint8Array && value.length >= 32,
  nonceLifetime: within(10, 3_600),
  keptKeys: wholeWithin(1, 10_000_000),
  hops: (value) => typeof Object(value).isHop === 'function',
  externalUrls: listOf(() => false), // without hops none
  now: isFunction,
  report: isFunction,
  observe: isFunction,
  caches: isFunction,
  explain: isBoolean,
  resourceMetadata: isBoolean,
  methds: () => false,
  Nonce: () => false,
}

const INTROSPECTION_RULES: Rules = {
  issuer: isUrl,
  clientId: (value) => typeof value === 'string' && value !== '',
  key: (value) => value === 'mtls' || Object(value).alg === 'ES256',
  signed: among('off', 'required'),
  cacheFor: within(0, 60),
  cacheEntries: wholeWithin(1, 10_000_000),
  fetch: isFunction,
  now: isFunction,
  sign: () => false,
}
const JWT_RULES: Rules = {
  issuer: isUrl,
  statusListUris: listOf((value) => String(value).startsWith('https://')),
  fetch: isFunction,
  now: isFunction,
  statusListUri: () => false,
}
const isToken: Fits = (value) => typeof value === 'string' && /^[\w-]+$/.test(value)
const CORS_RULES: Rules = {
  origins: listOf(among(BASE), 1),
  methods: listOf(isToken, 1),
  allow: listOf(isToken),
  expose: listOf(isToken),
  maxAge: wholeWithin(0, 86_400),
  credentials: isBoolean,
  origin: () => false,
}

interface Settings {
  readonly what: string
  /** Before each key, in an error. */
  readonly prefix?: string
  readonly make: (change: object) => unknown
  readonly rules: Rules
}

const SETTINGS: readonly Settings[] = [
  { what: 'a route', make: (change) => protect({ ...ROUTE, ...change }), rules: ROUTE_RULES },
  {
    what: 'introspection',
    make: (change) => introspectedTokens({ ...INTROSPECTION, ...change }),
    rules: INTROSPECTION_RULES,
  },
  {
    what: 'JWTs',
    make: (change) => jwtTokens({ issuer: ISSUER, ...change }),
    rules: JWT_RULES,
  },
  {
    what: 'browsers',
    prefix: 'cors.',
    make: (change) => crossOrigin({ origins: [BASE], ...change }),
    rules: CORS_RULES,
  },
  {
    what: 'metadata',
    prefix: 'metadata.',
    make: (change) => resourceMetadata({ routes: [ROUTE], ...change }),
    rules: { routes: listOf(() => false, 1) },
  },
]

/** The key that a PolicyError names. Any other error is a defect, and goes on. */
function refusedKey(make: () => unknown): string | undefined {
  try {
    make()
    return undefined
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error
    const { key, message } = error
    return message.startsWith(`protect: ${key} is `) && message.includes('; allowed: ')
      ? key
      : message
  }
}

describe.for(SETTINGS)('$what', ({ prefix = '', make, rules }) => {
  test.for(Object.entries(rules))('%s', ([key, fits]) => {
    const name = prefix + key
    const outcomes = VALUES.map((value, place) => {
      const refused = refusedKey(() => make({ [key]: value }))
      // Of an object or a list it may be a member that is refused.
      return [place, refused?.startsWith(`${name}.`) ? name : refused]
    })
    const expected = VALUES.map((value, place) => {
      // `null` may stand for what is left out; nothing else may.
      const fine = fits(value) || (value === null && outcomes[place]?.[1] === undefined)
      return [place, fine ? undefined : name]
    })
    expect(outcomes).toEqual(expected)
  })
})

test('one issuer twice', () => {
  expect(refusedKey(() => jwtTokens({ issuer: ISSUER }, { issuer: ISSUER }))).toBe('issuer')
})

test('nothing of a secret is in the message, wherever it was put', () => {
  const { n, e, d } = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    format: 'jwk',
  })
  const key = { kty: 'RSA', n: n!, e: e!, d: d!, alg: 'PS256' } // what Node needs besides is missing
  const shown = [
    () => introspectedTokens({ ...INTROSPECTION, key }),
    () => introspectedTokens({ ...INTROSPECTION, key: { ...key, alg: 'RS256' } }),
    () => protect(Object.assign({ nonceSecrets: d }, ROUTE)),
    () => protect(Object.assign({}, ROUTE, { nonceSecret: d })),
    () => resourceMetadata({ routes: [ROUTE], sign: { key } }),
  ].map((make) => {
    try {
      return make()
    } catch (error) {
      return String(error)
    }
  })
  for (const text of shown) {
    expect(text).toMatch(/^PolicyError: /)
    expect(text).not.toContain(d)
  }
})
