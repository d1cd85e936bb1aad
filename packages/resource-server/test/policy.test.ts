import { ReplayMemoryInProcess } from '@holdfast/store'
import { expect, test } from 'vitest'
import { PolicyError, protect, type ProtectOptions } from '../src/index.ts'
import { ISSUER, RESOURCE } from './mint.ts'

const GOOD: ProtectOptions = {
  resource: RESOURCE,
  issuer: ISSUER,
  audience: RESOURCE,
  scopes: [],
  memory: new ReplayMemoryInProcess(),
  nonceSecret: new Uint8Array(32),
  tokens: async () => ({ form: 'unavailable', reason: 'nobody is asked' }),
}

test('the three that must be given are enough', () => {
  expect(protect(GOOD)).toBeTypeOf('function')
})

const ALLOWED: readonly Partial<ProtectOptions>[] = [
  { proofWindow: { past: 1, ahead: 0 }, tokenAhead: 0, clockMargin: 0, nonceLifetime: 10 },
  { proofWindow: { past: 60, ahead: 10 }, tokenAhead: 10, clockMargin: 60, nonceLifetime: 3_600 },
  { methods: ['mtls', 'dpop'], require: 'all', nonce: 'required', proofAlgorithms: ['EdDSA'] },
  { issuer: 'https://as.example/tenant', audience: 'https://rs.example/', resource: 'https://rs' },
  { issuer: ['https://as.example', 'https://other.example/tenant'] },
  { status: 'required', acrValues: ['urn:gold', '2'], maxAge: 0 },
  { authorizationDetails: 'payment_initiation' },
  { status: 'off', acrValues: [], maxAge: 31_536_000 },
  { profile: 'fapi2-security-profile', proofAlgorithms: ['ES256'] },
  { profile: 'post-quantum', proofAlgorithms: ['ML-DSA-44'], tokenAlgorithms: ['ML-DSA-87'] },
  { certificateTrust: 'thumbprint', hops: { isHop: () => true, format: 'client-cert' } },
  { certificateTrust: 'pki', certificateStatus: () => ({ ok: true }) },
  {
    hops: { isHop: () => true, format: 'nginx' },
    externalUrls: ['https://other.example', 'https://other.example:8443/base'],
  },
]

test.for(ALLOWED)('%j is allowed', (change) => {
  expect(protect({ ...GOOD, ...change })).toBeTypeOf('function')
})

const HOPS: NonNullable<ProtectOptions['hops']> = { isHop: () => true, format: 'xfcc' }

// What TypeScript would not let through is tried as well: not everybody has it.
const WRONG: readonly (readonly [key: string, change: Readonly<Record<string, unknown>>])[] = [
  ['issuer', { issuer: 'http://as.example' }],
  ['issuer', { issuer: 'https://as.example?x=1' }],
  ['issuer', { issuer: 'as.example' }],
  ['issuer', { issuer: [] }],
  ['issuer', { issuer: ['https://as.example', 'http://other.example'] }],
  ['scopes', { scopes: ['accounts payments'] }],
  ['scopes', { scopes: ['"'] }],
  ['scopes', { scopes: [''] }],
  ['scopes', { scopes: [7] }],
  ['scopes', { scopes: 'accounts' }],
  ['authorizationDetails', { authorizationDetails: '' }],
  ['authorizationDetails', { authorizationDetails: ['payment_initiation'] }],
  ['nonce', { methods: ['mtls'], nonce: 'required' }],
  ['certificateTrust', { methods: ['dpop'], certificateTrust: 'pki' }],
  ['profile', { profile: 'fapi1' }],
  ['proofAlgorithms', { proofAlgorithms: ['ML-DSA-44'] }],
  ['tokenAlgorithms', { tokenAlgorithms: ['ES256', 'ML-DSA-87'] }],
  ['proofAlgorithms', { profile: 'post-quantum', proofAlgorithms: ['ES384'] }],
  ['status', { status: 'sometimes' }],
  ['acrValues', { acrValues: ['urn:gold', ''] }],
  ['acrValues', { acrValues: ['urn:silver urn:gold'] }],
  ['acrValues', { acrValues: ['urn:"gold"'] }],
  ['acrValues', { acrValues: ['urn:\\gold'] }],
  ['acrValues', { acrValues: ['urn:gołd'] }],
  ['maxAge', { maxAge: -1 }],
  ['maxAge', { maxAge: 0.5 }],
  ['maxAge', { maxAge: 31_536_001 }],
  ['maxAge', { maxAge: NaN }],
  ['maxAge', { maxAge: '60' }],
  ['certificateTrust', { certificateTrust: 'ca' }],
  ['certificateStatus', { certificateTrust: 'pki' }],
  ['certificateStatus', { certificateTrust: 'pki', certificateStatus: true }],
  ['hops.format', { hops: { ...HOPS, format: 'apache' } }],
  ['hops.format', { hops: { isHop: HOPS.isHop } }],
  ['hops.isHop', { hops: { format: 'xfcc' } }],
  ['hops.isHop', { hops: { format: 'xfcc', isHop: ['10.0.0.1'] } }],
  ['hops.vouched', { hops: { ...HOPS, vouched: true } }],
  ['externalUrls', { externalUrls: ['https://other.example'] }],
  ['externalUrls', { hops: HOPS, externalUrls: ['http://other.example'] }],
  ['externalUrls', { hops: HOPS, externalUrls: ['https://other.example/'] }],
  ['externalUrls', { hops: HOPS, externalUrls: ['other.example'] }],
  ['externalUrls', { hops: HOPS, externalUrls: [`${RESOURCE}/base`] }],
  ['audience', { audience: 'https://RS.example' }],
  ['audience', { audience: 'urn:rs' }],
  ['resource', { resource: 'http://rs.example' }],
  ['resource', { resource: 'https://rs.example:443' }],
  ['resource', { resource: 'https://rs.example/' }],
  ['resource', { resource: 'https://rs.example/base/' }],
  ['resource', { resource: 'https://user@rs.example' }],
  ['resource', { resource: 'https://rs.example#x' }],
  ['methods', { methods: [] }],
  ['methods', { methods: ['none'] }],
  ['require', { require: 'any' }],
  ['nonce', { nonce: 'sometimes' }],
  ['tokenAlgorithms', { tokenAlgorithms: [] }],
  ['tokenAlgorithms', { tokenAlgorithms: ['RS256'] }],
  ['proofAlgorithms', { proofAlgorithms: ['ES256', 'none'] }],
  ['proofAlgorithms', { proofAlgorithms: [] }],
  ['proofWindow.past', { proofWindow: { past: 61, ahead: 10 } }],
  ['proofWindow.past', { proofWindow: { past: 0, ahead: 10 } }],
  ['proofWindow.ahead', { proofWindow: { past: 60, ahead: 11 } }],
  ['proofWindow.ahead', { proofWindow: { past: 60, ahead: -1 } }],
  ['tokenAhead', { tokenAhead: 10.5 }],
  ['tokenAhead', { tokenAhead: NaN }],
  ['clockMargin', { clockMargin: 61 }],
  ['clockMargin', { clockMargin: -1 }],
  ['nonceSecret', { nonceSecret: new Uint8Array(31).fill(0x41) }],
  ['nonceLifetime', { nonceLifetime: 9 }],
  ['nonceLifetime', { nonceLifetime: 3_601 }],
]

test.for(WRONG)('%s: %j', ([key, change]) => {
  const error = thrownBy(() => protect({ ...GOOD, ...change }))
  expect(error).toBeInstanceOf(PolicyError)
  expect(error).toMatchObject({ name: 'PolicyError', key })
  expect(String(error)).toMatch(new RegExp(`^PolicyError: protect: ${key} is .+; allowed: .+$`))
  expect(String(error)).not.toContain('65,65')
})

function thrownBy(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return error
  }
}
