import {
  createLocalJWKSet,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  jwtVerify,
} from 'jose'
import { RecordsInProcess } from '@holdfast/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { POST_QUANTUM } from '../../src/vocabulary/algorithms.ts'
import { checkConfiguration, provision } from '../../src/index.ts'
import { authorize, codeFor, pushed, redeem } from '../stage/flow.ts'
import { assertion, clientCredentials, Prover, verdict } from '../stage/honest.ts'
import { ACCOUNTS, startHouse } from '../stage/house.ts'
import type { House } from '../stage/house.ts'

const configuration = {
  issuer: 'https://as.example',
  mtlsOrigin: 'https://mtls.as.example',
  resources: [{ indicator: ACCOUNTS, scopes: ['read'], format: 'jwt', ttl: 300 }],
  profiles: ['post-quantum'],
}

test('FAPI2SP-5.4.1-1: it is offered where the Node has ML-DSA, and refused at start where not', () => {
  const offered = () => {
    try {
      return checkConfiguration(configuration).profiles
    } catch (error) {
      return String(error)
    }
  }
  const refused =
    'ConfigurationError: profiles: "post-quantum" is refused; allowed: with Node 24.7 or later'
  expect(offered()).toEqual(POST_QUANTUM.length > 0 ? ['post-quantum'] : refused)
})

describe.runIf(POST_QUANTUM.length > 0)('post-quantum', () => {
  let house: House
  beforeAll(async () => {
    house = await startHouse({ profiles: ['post-quantum'] })
  })
  afterAll(() => house.stop())

  const keysOf = async () => {
    const { text } = await house.send({ url: `${house.issuer}/jwks` })
    return createLocalJWKSet(JSON.parse(text))
  }

  test.each(['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87', 'ES256'])(
    'assertion by ML-DSA-65, proof by %s, token by ML-DSA-87',
    async (alg) => {
      const prover = await Prover.new(alg)
      const form = await assertion(house, 'quantum')
      const { json } = await house.send(await clientCredentials(house, prover, form))
      const token = String(json['access_token'])
      const { payload, protectedHeader } = await jwtVerify(token, await keysOf())
      expect(protectedHeader).toMatchObject({ alg: 'ML-DSA-87', typ: 'at+jwt' })
      expect(payload).toMatchObject({ client_id: 'quantum', cnf: { jkt: prover.jkt } })
    },
  )

  test('an ID token by ML-DSA-44, after the whole flow', async () => {
    const prover = await Prover.new('ML-DSA-65')
    const { json } = await house.send(await pushed(house, {}, 'quantum'))
    const back = await authorize(house, String(json['request_uri']), 'quantum')
    const tokens = await house.send(
      await redeem(house, String(back.get('code')), prover, 'quantum'),
    )
    const idToken = String(tokens.json['id_token'])
    expect((await jwtVerify(idToken, await keysOf())).protectedHeader.alg).toBe('ML-DSA-44')
  })

  test('FAPI2SP-5.4.1-1: a proof by ML-DSA of a client that is not of this profile is refused', async () => {
    const [classic, quantum] = [await Prover.new(), await Prover.new('ML-DSA-65')]
    const ask = async (prover: Prover) =>
      verdict(await house.send(await clientCredentials(house, prover)))
    expect(await ask(quantum)).toEqual([400, 'invalid_dpop_proof'])
    expect(await ask(classic)).toEqual([200, undefined])
    expect(await ask(await Prover.new('Ed25519'))).toEqual([200, undefined])
  })

  test('FAPI2SP-5.4.1-1: such a proof costs no code, and binds no pushed request', async () => {
    const [classic, quantum] = [await Prover.new(), await Prover.new('ML-DSA-65')]
    const code = await codeFor(house)
    const refused = [400, 'invalid_dpop_proof']
    expect(verdict(await house.send(await redeem(house, code, quantum)))).toEqual(refused)
    expect(verdict(await house.send(await redeem(house, code, classic)))).toEqual([200, undefined])
    const push = await pushed(house)
    const headers = { dpop: await quantum.proof(push.url) }
    expect(verdict(await house.send({ ...push, headers }))).toEqual(refused)
  })

  test('tokens of other clients are signed as before', async () => {
    const request = await clientCredentials(house, await Prover.new())
    const { json } = await house.send(request)
    expect(decodeProtectedHeader(String(json['access_token'])).alg).toBe('ES256')
  })

  test('the metadata names ML-DSA beside the algorithms of FAPI 2.0', async () => {
    const { json } = await house.send({ url: `${house.issuer}/.well-known/openid-configuration` })
    const all = ['PS256', 'ES256', 'EdDSA', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87']
    expect(json).toMatchObject({
      token_endpoint_auth_signing_alg_values_supported: all,
      dpop_signing_alg_values_supported: [...all, 'Ed25519'],
      id_token_signing_alg_values_supported: all,
    })
  })

  const metadata = async (alg: string) => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
    return {
      privateJwk: { ...(await exportJWK(privateKey)), alg },
      client: {
        client_id: 'client',
        token_endpoint_auth_method: 'private_key_jwt' as const,
        jwks: { keys: [{ ...(await exportJWK(publicKey)), alg }] },
        grant_types: ['client_credentials'] as const,
        dpop_bound_access_tokens: true,
      },
    }
  }

  test('FAPI2SP-5.4.1: its keys and algorithms are refused of any other profile, and private keys of all', async () => {
    const { client, privateJwk } = await metadata('ML-DSA-65')
    const records = new RecordsInProcess()
    const provisioned = (edit: object) =>
      provision(records, { clients: [{ ...client, ...edit }], users: [] })
    await expect(provisioned({})).rejects.toMatchObject({ clause: 'FAPI2SP-5.4.1-2' })
    await expect(
      provisioned({ jwks: { keys: [] }, access_token_signing_alg: 'ML-DSA-65' }),
    ).rejects.toMatchObject({ clause: 'FAPI2SP-5.4.1-1' })
    await expect(
      provisioned({ profile: 'post-quantum', jwks: { keys: [privateJwk] } }),
    ).rejects.toMatchObject({ clause: 'FAPI2SP-5.4.1-2' })
    await expect(
      provisioned({ profile: 'post-quantum', id_token_signed_response_alg: 'ES384' }),
    ).rejects.toMatchObject({ clause: 'FAPI2SP-5.4.1-1' })
    await provisioned({ profile: 'post-quantum' })
  })
})
