import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'

let house: House
beforeAll(async () => {
  house = await startHouse()
})
afterAll(() => house.stop())

const WELL_KNOWN = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']

test('RFC8414-3 holds for both well-known documents, whole', async () => {
  const { issuer, alias } = house
  for (const path of WELL_KNOWN) {
    const { status, json } = await house.send({ url: issuer + path })
    expect(status).toBe(200)
    expect(json).toEqual({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      pushed_authorization_request_endpoint: `${issuer}/par`,
      introspection_endpoint: `${issuer}/introspect`,
      revocation_endpoint: `${issuer}/revoke`,
      userinfo_endpoint: `${issuer}/userinfo`,
      device_authorization_endpoint: `${issuer}/device-authorization`,
      end_session_endpoint: `${issuer}/logout`,
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
      jwks_uri: `${issuer}/jwks`,
      mtls_endpoint_aliases: {
        token_endpoint: `${alias}/token`,
        pushed_authorization_request_endpoint: `${alias}/par`,
        introspection_endpoint: `${alias}/introspect`,
        revocation_endpoint: `${alias}/revoke`,
        userinfo_endpoint: `${alias}/userinfo`,
        device_authorization_endpoint: `${alias}/device-authorization`,
      },
      require_pushed_authorization_requests: true,
      authorization_response_iss_parameter_supported: true,
      tls_client_certificate_bound_access_tokens: true,
      request_uri_parameter_supported: false,
      authorization_details_types_supported: ['payment_initiation', 'account_information'],
      acr_values_supported: ['urn:holdfast:pwd', 'urn:holdfast:mfa'],
      claims_parameter_supported: false,
      claim_types_supported: ['normal'],
      claims_supported: expect.arrayContaining(['sub', 'iss', 'auth_time', 'name', 'email']),
      code_challenge_methods_supported: ['S256'],
      grant_types_supported: [
        'authorization_code',
        'refresh_token',
        'client_credentials',
        'urn:ietf:params:oauth:grant-type:device_code',
        'urn:ietf:params:oauth:grant-type:token-exchange',
      ],
      response_types_supported: ['code'],
      response_modes_supported: ['form_post', 'fragment', 'query'],
      scopes_supported: ['openid', 'offline_access', 'profile', 'email'],
      subject_types_supported: ['public'],
      token_endpoint_auth_methods_supported: [
        'private_key_jwt',
        'tls_client_auth',
        'self_signed_tls_client_auth',
      ],
      token_endpoint_auth_signing_alg_values_supported: ['PS256', 'ES256', 'EdDSA'],
      id_token_signing_alg_values_supported: ['PS256', 'ES256', 'EdDSA'],
      dpop_signing_alg_values_supported: ['PS256', 'ES256', 'EdDSA', 'Ed25519'],
    })
  }
})

test('FAPI2SP-5.4.1-1 refuses every weak algorithm in the document', async () => {
  const { text } = await house.send({ url: house.issuer + WELL_KNOWN[0] })
  expect(text).not.toMatch(/RS\d{3}|HS\d{3}|none|plain|client_secret|implicit/)
})

test('RFC8705-5: aliases end in _endpoint, exist at top level, and authorization is not one', async () => {
  const { json } = await house.send({ url: house.issuer + WELL_KNOWN[0] })
  const aliases = Object.keys(Object(json['mtls_endpoint_aliases']))
  expect(aliases).not.toContain('authorization_endpoint')
  for (const name of aliases) {
    expect(name).toMatch(/_endpoint$/)
    expect(json).toHaveProperty(name)
  }
})

test('FAPI2SP-5.4.2 holds for the key set: public, named, for signatures', async () => {
  const { json } = await house.send({ url: `${house.issuer}/jwks` })
  const { keys } = json
  if (!Array.isArray(keys)) throw new Error('no keys')
  const algorithms = keys.map((key: { alg?: unknown }) => key.alg).join(' ')
  expect(algorithms).toBe('PS256 PS256 ES256 ES256 EdDSA EdDSA')
  for (const key of keys) {
    expect(key).toMatchObject({ use: 'sig', kid: expect.stringMatching(/^[\w-]{43}$/) })
    expect(key).not.toHaveProperty('d')
  }
})
