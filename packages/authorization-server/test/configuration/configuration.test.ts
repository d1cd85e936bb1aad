import { describe, expect, test } from 'vitest'
import { checkConfiguration, ConfigurationError } from '../../src/index.ts'

const resource = { indicator: 'https://api.example', scopes: ['read'], format: 'jwt', ttl: 300 }
const good = {
  issuer: 'https://as.example',
  mtlsOrigin: 'https://mtls.as.example',
  resources: [resource],
}

test('a configuration that leaves out what it may gets the usual values', () => {
  expect(checkConfiguration(good)).toEqual({
    ...good,
    browserOrigins: [],
    softwareStatementIssuers: [],
    resources: [{ ...resource, alg: 'ES256' }],
    dpopNonce: 'off',
    profiles: ['fapi2-security-profile'],
    notificationHosts: [],
    pollInterval: 5,
    secondFactor: 'off',
    lifetimes: {
      code: 60,
      accessToken: 300,
      refreshToken: 1_209_600,
      idToken: 300,
      session: 28_800,
      interaction: 3_600,
      authenticationRequest: 300,
      assertion: 600,
    },
    failures: {
      client: { most: 60, within: 60 },
      clients: { most: 600, within: 60 },
      login: { most: 10, within: 300 },
      logins: { most: 100, within: 300 },
      loginAnywhere: { most: 100, within: 300 },
      userCodes: { most: 20, within: 300 },
    },
    hsts: 63_072_000,
  })
})

test.each(['https://localhost:9443', 'https://127.0.0.1:9443', 'https://[::1]:9443'])(
  'RFC6797-8: %s does not bind everything else on localhost to https',
  (issuer) => {
    expect(checkConfiguration({ ...good, issuer }).hsts).toBe(0)
    expect(refused({ ...good, issuer, hsts: 1 }).message).toBe(
      'hsts: 1 is refused; allowed: whole seconds from 0 to 0',
    )
  },
)

test('browsers are let in by name, none where nobody is named', () => {
  const browserOrigins = ['https://app.example', 'http://localhost:9080', 'http://127.0.0.1:5173']
  expect(checkConfiguration({ ...good, browserOrigins }).browserOrigins).toEqual(browserOrigins)
  expect(checkConfiguration(good).browserOrigins).toEqual([])
})

test('the longest lifetimes are accepted', () => {
  const lifetimes = { code: 60, assertion: 600, session: 86_400, accessToken: 3_600 }
  expect(checkConfiguration({ ...good, lifetimes }).lifetimes).toMatchObject(lifetimes)
})

const withResource = (edit: object) => ({ ...good, resources: [{ ...resource, ...edit }] })

describe('refuses, naming the key', () => {
  test.each<[key: string, value: unknown]>([
    ['configuration', undefined],
    ['configuration', []],
    ['issuer', { ...good, issuer: 'http://as.example' }],
    ['issuer', { ...good, issuer: 'https://as.example/' }],
    ['issuer', { ...good, issuer: 'https://as.example/tenant' }],
    ['issuer', { ...good, issuer: undefined }],
    ['mtlsOrigin', { ...good, mtlsOrigin: 'http://mtls.as.example' }],
    ['mtlsOrigin', { ...good, mtlsOrigin: good.issuer }],
    ['resources', { ...good, resources: [] }],
    ['resources[0]', { ...good, resources: ['https://api.example'] }],
    ['resources[0].indicator', withResource({ indicator: 'http://api.example' })],
    ['resources[0].indicator', withResource({ indicator: 'https://api.example/#part' })],
    ['resources[1].indicator', { ...good, resources: [resource, resource] }],
    ['resources[0].scopes', withResource({ scopes: [] })],
    ['resources[0].scopes', withResource({ scopes: ['two words'] })],
    ['resources[0].scopes', withResource({ scopes: ['openid'] })],
    ['resources[0].format', withResource({ format: 'bearer' })],
    ['resources[0].ttl', withResource({ ttl: 3_601 })],
    ['resources[0].alg', withResource({ alg: 'RS256' })],
    ['resources[0].colour', withResource({ colour: 'red' })],
    ['dpopNonce', { ...good, dpopNonce: 'sometimes' }],
    ['lifetimes.code', { ...good, lifetimes: { code: 61 } }],
    ['lifetimes.code', { ...good, lifetimes: { code: 0 } }],
    ['lifetimes.code', { ...good, lifetimes: { code: 1.5 } }],
    ['lifetimes.assertion', { ...good, lifetimes: { assertion: 601 } }],
    ['lifetimes.session', { ...good, lifetimes: { session: 86_401 } }],
    ['lifetimes.cdoe', { ...good, lifetimes: { cdoe: 60 } }],
    ['profiles', { ...good, profiles: [] }],
    ['profiles', { ...good, profiles: ['fapi1-advanced'] }],
    ['failures', { ...good, failures: 'none' }],
    ['failures.client.most', { ...good, failures: { client: { most: 0, within: 60 } } }],
    ['failures.login.most', { ...good, failures: { login: { most: 1_000_001, within: 60 } } }],
    ['failures.login.within', { ...good, failures: { login: { most: 10, within: 86_401 } } }],
    ['failures.login.within', { ...good, failures: { login: { most: 10 } } }],
    ['failures.logon', { ...good, failures: { logon: { most: 10, within: 60 } } }],
    ['hsts', { ...good, hsts: -1 }],
    ['hsts', { ...good, hsts: 63_072_001 }],
    ['notificationHosts', { ...good, notificationHosts: ['https://client.example'] }],
    ['notificationHosts', { ...good, notificationHosts: ['client.example:8443'] }],
    ['pollInterval', { ...good, pollInterval: 31 }],
    ['secondFactor', { ...good, secondFactor: 'sms' }],
    ['lifetimes.authenticationRequest', { ...good, lifetimes: { authenticationRequest: 601 } }],
    ['browserOrigins', { ...good, browserOrigins: 'https://app.example' }],
    ['browserOrigins', { ...good, browserOrigins: ['*'] }],
    ['browserOrigins', { ...good, browserOrigins: ['null'] }],
    ['browserOrigins', { ...good, browserOrigins: ['https://*.example'] }],
    ['browserOrigins', { ...good, browserOrigins: ['https://app.example/'] }],
    ['browserOrigins', { ...good, browserOrigins: ['https://app.example:443'] }],
    ['browserOrigins', { ...good, browserOrigins: ['http://app.example'] }],
    ['bindings', { ...good, bindings: 'none' }],
  ])('%s: %j', (key, value) => {
    expect(refused(value).key).toBe(key)
  })

  test('and says the value and what is allowed', () => {
    const error = refused({ ...good, lifetimes: { code: 300 } })
    expect(error.value).toBe(300)
    expect(error.message).toBe(
      'lifetimes.code: 300 is refused; allowed: whole seconds from 1 to 60 (FAPI2SP-5.3.2.1-11)',
    )
  })
})

function refused(value: unknown): ConfigurationError {
  try {
    checkConfiguration(value)
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('it was accepted')
}
