import { generateKeyPairSync } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { importJWK, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { withResourceMetadata } from '@holdfast/sender-constraint'
import { PolicyError, type RoutePolicy } from '../src/index.ts'
import { metadataUrl, resourceMetadata } from '../src/metadata.ts'
import { ISSUER, newSigner, RESOURCE } from './mint.ts'

const WELL_KNOWN = '/.well-known/oauth-protected-resource'
const POLICY: RoutePolicy = {
  issuer: ISSUER,
  audience: RESOURCE,
  scopes: ['accounts'],
  proofAlgorithms: ['ES256', 'PS256'],
}

async function documentOf(
  options: Parameters<typeof resourceMetadata>[0],
  path = WELL_KNOWN,
): Promise<unknown> {
  const request: IncomingMessage = Object.create({ method: 'GET', url: path })
  const outcome = await resourceMetadata(options)(request)
  return 'answer' in outcome ? outcome.answer : undefined
}

const answer = (body: object) => ({
  status: 200,
  headers: { 'cache-control': 'max-age=600' },
  body,
})

// RFC 9728 §3.1: between host and path; a slash that ends the host is removed.
test.for([
  ['https://resource.example.com', `https://resource.example.com${WELL_KNOWN}`],
  ['https://resource.example.com/', `https://resource.example.com${WELL_KNOWN}`],
  ['https://resource.example.com/resource1', `https://resource.example.com${WELL_KNOWN}/resource1`],
  ['https://rs.example:8443/a/b', `https://rs.example:8443${WELL_KNOWN}/a/b`],
] as const)('RFC9728-3.1 holds for %s', ([resource, url]) => {
  expect(metadataUrl(resource)).toBe(url)
})

test('the document says what the policy asks', async () => {
  expect(await documentOf({ routes: [POLICY] })).toEqual(
    answer({
      resource: RESOURCE,
      authorization_servers: [ISSUER],
      scopes_supported: ['accounts'],
      bearer_methods_supported: ['header'],
      tls_client_certificate_bound_access_tokens: true,
      dpop_bound_access_tokens_required: false,
      dpop_signing_alg_values_supported: ['ES256', 'PS256'],
    }),
  )
})

test.for([
  [{ methods: ['dpop'] }, { required: true, mtls: false, algorithms: ['ES256', 'PS256'] }],
  [{ methods: ['mtls'] }, { required: false, mtls: true, algorithms: undefined }],
  [{ require: 'all' }, { required: true, mtls: true, algorithms: ['ES256', 'PS256'] }],
] as const)('%j', async ([change, { required, mtls, algorithms }]) => {
  const document = await documentOf({ routes: [{ ...POLICY, ...change }] })
  expect(document).toHaveProperty('body.dpop_bound_access_tokens_required', required)
  expect(document).toHaveProperty('body.tls_client_certificate_bound_access_tokens', mtls)
  expect(Object(document).body.dpop_signing_alg_values_supported).toEqual(algorithms)
})

test('several routes of one resource make one document', async () => {
  const other: RoutePolicy = {
    issuer: 'https://other.example',
    audience: RESOURCE,
    scopes: ['payments', 'accounts'],
    authorizationDetails: 'payment_initiation',
    methods: ['dpop'],
    proofAlgorithms: ['PS256', 'EdDSA'],
  }
  const more = { resource_name: 'Accounts', jwks_uri: `${RESOURCE}/jwks`, resource: 'overridden' }
  expect(await documentOf({ routes: [POLICY, other], more })).toEqual(
    answer({
      resource_name: 'Accounts',
      jwks_uri: `${RESOURCE}/jwks`,
      resource: RESOURCE,
      authorization_servers: [ISSUER, 'https://other.example'],
      scopes_supported: ['accounts', 'payments'],
      authorization_details_types_supported: ['payment_initiation'],
      bearer_methods_supported: ['header'],
      tls_client_certificate_bound_access_tokens: true,
      dpop_bound_access_tokens_required: false,
      dpop_signing_alg_values_supported: ['PS256'],
    }),
  )
})

test('RFC9728-3.2 holds for lists: one without members is left out', async () => {
  const eddsa: RoutePolicy = { ...POLICY, scopes: [], proofAlgorithms: ['EdDSA'] }
  const document = await documentOf({ routes: [{ ...POLICY, scopes: [] }, eddsa] })
  expect(Object.keys(Object(document).body)).toEqual([
    'resource',
    'authorization_servers',
    'bearer_methods_supported',
    'tls_client_certificate_bound_access_tokens',
    'dpop_bound_access_tokens_required',
  ])
})

test('a resource with a path has its document behind the well-known path, and only there', async () => {
  const options = { routes: [{ ...POLICY, audience: `${RESOURCE}/opaque` }] }
  expect(await documentOf(options, `${WELL_KNOWN}/opaque?x=1`)).toHaveProperty(
    'body.resource',
    `${RESOURCE}/opaque`,
  )
  for (const path of [WELL_KNOWN, `${WELL_KNOWN}/opaque/`, `${WELL_KNOWN}/other`, '/opaque', ''])
    expect(await documentOf(options, path)).toBeUndefined()
})

test('RFC9728-2.2 holds for signed metadata: every member, by the key that was given', async () => {
  const signer = newSigner('rs-1')
  const key = { ...signer.privateKey.export({ format: 'jwk' }), alg: 'ES256', kid: 'rs-1' }
  const document = Object(await documentOf({ routes: [POLICY], sign: { key } })).body
  const { signed_metadata: jwt, ...members } = document
  const { payload, protectedHeader } = await jwtVerify(jwt, await importJWK(signer.jwk, 'ES256'))
  expect(protectedHeader).toEqual({ alg: 'ES256', kid: 'rs-1' })
  expect(payload).toEqual({ ...members, iss: RESOURCE, iat: expect.any(Number) })
  expect(JSON.stringify(document)).not.toContain(key.d)

  const attested = Object(
    await documentOf({ routes: [POLICY], sign: { key, iss: 'https://trust.example' } }),
  )
  const again = await jwtVerify(attested.body.signed_metadata, await importJWK(signer.jwk, 'ES256'))
  expect(again.payload.iss).toBe('https://trust.example')
})

const PRIVATE = newSigner('').privateKey.export({ format: 'jwk' })
const OTHERS = { ...newSigner('').jwk, d: PRIVATE.d!, alg: 'ES256' }
const SHORT = {
  ...generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ format: 'jwk' }),
  alg: 'PS256',
}
test.for([
  ['metadata.routes', { routes: [] }],
  ['metadata.routes', { routes: [POLICY, { ...POLICY, audience: `${RESOURCE}/other` }] }],
  ['methods', { routes: [{ ...POLICY, methods: [] }] }],
  ['metadata.sign.key.alg', { routes: [POLICY], sign: { key: PRIVATE } }],
  ['metadata.sign.key.alg', { routes: [POLICY], sign: { key: { ...PRIVATE, alg: 'PS256' } } }],
  [
    'metadata.sign.key.alg',
    { routes: [POLICY], sign: { key: { kty: 'oct', k: 'AA', alg: 'HS256' } } },
  ],
  [
    'metadata.sign.key',
    { routes: [POLICY], sign: { key: { ...newSigner('').jwk, alg: 'ES256' } } },
  ],
  ['metadata.sign.key', { routes: [POLICY], sign: { key: { ...PRIVATE, d: 'AA', alg: 'ES256' } } }],
  ['metadata.sign.key', { routes: [POLICY], sign: { key: OTHERS } }],
  ['metadata.sign.key', { routes: [POLICY], sign: { key: SHORT } }],
] as const)('%s is refused at start', ([key, options]) => {
  let error: unknown
  try {
    resourceMetadata(options)
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(PolicyError)
  expect(error).toMatchObject({ key })
  expect(String(error)).not.toContain(PRIVATE.d)
})

test('RFC9728-5.1 holds for every challenge, and for no other answer', () => {
  const url = metadataUrl(RESOURCE)
  const body = { error_description: 'x' }
  const lines = ['Bearer', 'DPoP error="invalid_token", algs="ES256"']
  const refused = { status: 401, headers: { a: 'b', 'www-authenticate': lines }, body }
  expect(withResourceMetadata(refused, url)).toEqual({
    ...refused,
    headers: {
      a: 'b',
      'www-authenticate': [
        `Bearer resource_metadata="${url}"`,
        `DPoP error="invalid_token", algs="ES256", resource_metadata="${url}"`,
      ],
    },
  })
  const unavailable = { status: 503, headers: { 'retry-after': '5' }, body }
  expect(withResourceMetadata(unavailable, url)).toBe(unavailable)
})
